// The objects of a policy-server made by hand: what a controller will write, spelled out.
import type { ServingCertificate } from '../acceptance/webhook-objects.js';

/** A policy-server to be. */
export interface PolicyServerObjects {
  readonly name: string;
  readonly namespace: string;
  readonly pem: ServingCertificate;
  /** The content of policies.yml. */
  readonly policies: object;
  readonly env?: Readonly<Record<string, string>>;
  /** Further files of the ConfigMap, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** The content of a Secret of type `kubernetes.io/dockerconfigjson`. */
  readonly dockerConfig?: object;
}

/** The image that the node agent maps to the built policy-server. */
export const policyServerImage = 'example.test/policy-server:v1';

/** Secret, ConfigMap, Deployment and Service of a policy-server. */
export function policyServerObjects(server: PolicyServerObjects): object[] {
  const { name, namespace, pem, policies, files = {}, dockerConfig } = server;
  const metadata = (suffix: string): object => ({ name: `${name}${suffix}`, namespace });
  return [
    { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata: metadata('-tls'), stringData: { 'tls.crt': pem.certificate, 'tls.key': pem.key } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata(''), data: { 'policies.yml': JSON.stringify(policies), ...files } },
    ...(dockerConfig === undefined
      ? []
      : [{ apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/dockerconfigjson', metadata: metadata('-registry'), stringData: { '.dockerconfigjson': JSON.stringify(dockerConfig) } }]),
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: metadata(''),
      spec: { replicas: 1, selector: { matchLabels: { app: name } }, template: { metadata: { labels: { app: name } }, spec: podSpec(server) } },
    },
    { apiVersion: 'v1', kind: 'Service', metadata: metadata(''), spec: { selector: { app: name }, ports: [{ port: 443, targetPort: 8443 }] } },
  ];
}

function podSpec({ name, env = {}, dockerConfig }: PolicyServerObjects): object {
  const variables = {
    KUBEWARDEN_CERT_FILE: '/pki/tls.crt',
    KUBEWARDEN_KEY_FILE: '/pki/tls.key',
    KUBEWARDEN_PORT: '8443',
    KUBEWARDEN_READINESS_PROBE_PORT: '8081',
    KUBEWARDEN_METRICS_PORT: '8080',
    KUBEWARDEN_POLICIES: '/config/policies.yml',
    KUBEWARDEN_POLICIES_DOWNLOAD_DIR: '/store',
    KUBEWARDEN_WORKERS: '1',
    ...(dockerConfig === undefined ? {} : { KUBEWARDEN_DOCKER_CONFIG_JSON_PATH: '/registry' }),
    ...env,
  };
  const credentials = { name: 'registry', secret: { secretName: `${name}-registry`, items: [{ key: '.dockerconfigjson', path: 'config.json' }] } };
  return {
    terminationGracePeriodSeconds: 30,
    containers: [
      {
        name: 'policy-server',
        image: policyServerImage,
        env: Object.entries(variables).map(([variable, value]) => ({ name: variable, value })),
        readinessProbe: { httpGet: { path: '/readiness', port: 8081 } },
        volumeMounts: [
          { name: 'pki', mountPath: '/pki', readOnly: true },
          { name: 'config', mountPath: '/config', readOnly: true },
          { name: 'store', mountPath: '/store' },
          ...(dockerConfig === undefined ? [] : [{ name: 'registry', mountPath: '/registry', readOnly: true }]),
        ],
        securityContext: { readOnlyRootFilesystem: true },
      },
    ],
    volumes: [
      { name: 'pki', secret: { secretName: `${name}-tls` } },
      { name: 'config', configMap: { name } },
      { name: 'store', emptyDir: {} },
      ...(dockerConfig === undefined ? [] : [credentials]),
    ],
  };
}

/** What a webhook of a policy-server is registered for. */
export interface PolicyRegistration {
  readonly kind: 'ValidatingWebhookConfiguration' | 'MutatingWebhookConfiguration';
  readonly policyId: string;
  readonly server: Pick<PolicyServerObjects, 'name' | 'namespace' | 'pem'>;
  /** The namespace whose objects it judges. */
  readonly guarded: string;
  readonly rule: { readonly apiGroups: readonly string[]; readonly apiVersions: readonly string[]; readonly resources: readonly string[]; readonly operations: readonly string[] };
  readonly timeoutSeconds?: number;
}

/** Registers a policy with the API server, by Service reference. */
export function policyRegistration({ kind, policyId, server, guarded, rule, timeoutSeconds = 10 }: PolicyRegistration): object {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind,
    metadata: { name: `${server.name}-${policyId}` },
    webhooks: [
      {
        name: `${policyId}.example.test`,
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        failurePolicy: 'Fail',
        timeoutSeconds,
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': guarded } },
        rules: [rule],
        clientConfig: { caBundle: Buffer.from(server.pem.authority).toString('base64'), service: { name: server.name, namespace: server.namespace, path: `/validate/${policyId}`, port: 443 } },
      },
    ],
  };
}
