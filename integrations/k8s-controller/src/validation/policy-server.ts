// What a PolicyServer must be (contract 2.4). What has to be looked up is looked up before and passed in.
import type { PolicyServer } from '../crds/custom-object.js';
import type { PolicyServerSpec } from '../crds/policy-server.js';
import { effectivePorts } from '../desired/ports.js';
import { serverAppLabel } from '../desired/names.js';
import { capabilityProblem } from './capability-path.js';
import { invalid, type FieldError } from './field-error.js';
import { compareQuantities, parseQuantity } from './quantity.js';

/** An object that a PolicyServer names, or why it could not be had. */
export type Lookup<Facts> = { readonly kind: 'found'; readonly facts: Facts } | { readonly kind: 'failed'; readonly problem: string };

/** What is known about the objects that a PolicyServer names; absent where it names none. */
export interface PolicyServerFacts {
  readonly pullSecret?: Lookup<{ readonly type: string }> | undefined;
  readonly trustConfig?: Lookup<{ readonly keys: readonly string[] }> | undefined;
}

/** Longest label value and DNS label of Kubernetes. */
const maxLabelLength = 63;
const maxNameLength = maxLabelLength - serverAppLabel('').length;
/** How the ConfigMap of a version ends, see desired/config-map.ts. */
const versionPattern = /-[0-9a-f]{32}$/;
const pullSecretType = 'kubernetes.io/dockerconfigjson';
const trustConfigKey = 'sigstore-trust-config';

/**
 * What is wrong with a PolicyServer.
 *
 * @param old the stored one; absent when it is being created. Rules that the reference does not have hold for new objects only.
 */
export function policyServerErrors(server: PolicyServer, old: PolicyServer | undefined, facts: PolicyServerFacts): readonly FieldError[] {
  const { spec } = server;
  return [
    ...nameErrors(server.metadata.name, old === undefined),
    ...pullSecretErrors(spec.imagePullSecret, facts.pullSecret),
    ...trustConfigErrors(spec.sigstoreTrustConfig, facts.trustConfig),
    ...replicaErrors(spec, old?.spec),
    ...budgetErrors(spec),
    ...resourceErrors(spec),
    ...capabilityErrors(spec.namespacedPoliciesCapabilities ?? []),
    ...portErrors(spec),
  ];
}

function nameErrors(name: string, isNew: boolean): readonly FieldError[] {
  if (name.length > maxLabelLength) return [invalid('metadata.name', name, 'the PolicyServer name cannot be longer than 63 characters')];
  if (!isNew) return [];
  if (name.length > maxNameLength) return [invalid('metadata.name', name, `the PolicyServer name cannot be longer than ${maxNameLength} characters: the label "app: ${serverAppLabel(name)}" of its Pods could not hold it`)];
  if (name.includes('.')) return [invalid('metadata.name', name, 'the PolicyServer name cannot contain dots: it is part of the name of a Service')];
  return versionPattern.test(name) ? [invalid('metadata.name', name, `the PolicyServer name ends in 32 hexadecimal digits: it could be the name of a version of another PolicyServer's configuration`)] : [];
}

function pullSecretErrors(name: string | undefined, secret: PolicyServerFacts['pullSecret']): readonly FieldError[] {
  const field = 'spec.imagePullSecret';
  if (name === undefined || secret === undefined) return [];
  if (secret.kind === 'failed') return [invalid(field, name, `cannot get ${field}: ${secret.problem}`)];
  return secret.facts.type === pullSecretType ? [] : [invalid(field, name, `${field} secret "${name}" is not of type ${pullSecretType}`)];
}

function trustConfigErrors(name: string | undefined, configMap: PolicyServerFacts['trustConfig']): readonly FieldError[] {
  const field = 'spec.sigstoreTrustConfig';
  if (name === undefined || configMap === undefined) return [];
  if (configMap.kind === 'failed') return [invalid(field, name, `cannot get ${field} ConfigMap: ${configMap.problem}`)];
  return configMap.facts.keys.includes(trustConfigKey) ? [] : [invalid(field, name, `${field} ConfigMap "${name}" does not contain required key "${trustConfigKey}"`)];
}

function replicaErrors({ replicas }: PolicyServerSpec, old: PolicyServerSpec | undefined): readonly FieldError[] {
  return replicas < 0 && replicas !== old?.replicas ? [invalid('spec.replicas', replicas, 'must be greater than or equal to 0')] : [];
}

function budgetErrors({ minAvailable, maxUnavailable }: PolicyServerSpec): readonly FieldError[] {
  if (minAvailable === undefined || maxUnavailable === undefined) return [];
  return [invalid('spec', `minAvailable: ${minAvailable}, maxUnavailable: ${maxUnavailable}`, 'minAvailable and maxUnavailable cannot be both set')];
}

function resourceErrors({ limits = {}, requests = {} }: PolicyServerSpec): readonly FieldError[] {
  const negative = Object.entries({ limits, requests }).flatMap(([list, amounts]) =>
    Object.entries(amounts).flatMap(([name, amount]) => (isNegative(amount) ? [invalid(`spec.${list}.${name}`, String(amount), 'must be greater than or equal to 0')] : [])),
  );
  const excessive = Object.entries(requests).flatMap(([name, request]) => {
    const limit = Object.hasOwn(limits, name) ? limits[name] : undefined;
    return limit !== undefined && exceeds(request, limit) ? [invalid(`spec.requests.${name}`, String(request), `must be less than or equal to ${name} limit of ${limit}`)] : [];
  });
  return [...negative, ...excessive];
}

/** What is no quantity is refused by the custom resource definition. */
function isNegative(amount: string | number): boolean {
  const quantity = parseQuantity(amount);
  return quantity !== undefined && quantity.value < 0n;
}

function exceeds(request: string | number, limit: string | number): boolean {
  const [a, b] = [parseQuantity(request), parseQuantity(limit)];
  return a !== undefined && b !== undefined && compareQuantities(a, b) > 0;
}

function capabilityErrors(capabilities: readonly string[]): readonly FieldError[] {
  return capabilities.flatMap((path, index) => {
    const problem = capabilityProblem(path);
    return problem === undefined ? [] : [invalid(`spec.namespacedPoliciesCapabilities[${index}]`, path, problem)];
  });
}

function portErrors(spec: PolicyServerSpec): readonly FieldError[] {
  const { webhook, readiness } = effectivePorts(spec);
  return webhook === readiness ? [invalid('spec.readinessProbePort', readiness, `readinessProbePort must differ from webhookPort (${webhook})`)] : [];
}

