// Labels and annotations that tie objects together (contract 1.7, 3.2, 8.3.3).
import { serverAppLabel, serverObjectName } from './names.js';

/** Label of everything that belongs to a policy-server, with its PolicyServer's name. */
export const policyServerLabel = 'kubewarden/policy-server';

/** The version of the policies that a Pod serves: label of Pods, annotation of the Deployment. */
export const configVersionLabel = 'kubewarden/config-version';

/** Label of everything that belongs to the product. */
export const partOfLabel = 'app.kubernetes.io/part-of';
export const partOf = 'kubewarden';

/** Annotations of webhook configurations: whose they are. */
export const policyNameAnnotation = 'kubewardenPolicyName';
export const policyNamespaceAnnotation = 'kubewardenPolicyNamespace';

/** Annotation of a policy-server's certificate Secret: the format of its keys. */
export const certificateFormatAnnotation = 'kubewarden.io/cert-format-version';
export const certificateFormat = '1';

/** Labels or annotations by name. */
export type Labels = Readonly<Record<string, string>>;

/** The labels of every object of a policy-server: a superset of what the reference gives any of them. */
export function serverLabels(server: string): Labels {
  return {
    [policyServerLabel]: server,
    'app.kubernetes.io/component': 'policy-server',
    'app.kubernetes.io/instance': serverObjectName(server),
    [partOfLabel]: partOf,
    'app.kubernetes.io/managed-by': 'kubewarden-controller',
  };
}

/** What the Deployment selects its Pods by. It cannot change, so it is the reference's. */
export function deploymentSelector(server: string): Labels {
  return { app: serverAppLabel(server) };
}

/** What the Service selects Pods by. */
export function serviceSelector(server: string): Labels {
  return { 'app.kubernetes.io/instance': serverObjectName(server), [partOfLabel]: partOf };
}
