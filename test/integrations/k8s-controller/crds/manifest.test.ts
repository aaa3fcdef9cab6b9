import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { customResourceDefinitions } from '../../../../integrations/k8s-controller/src/crds/manifest.js';
import type { CoreSchemas } from '../../../../integrations/k8s-controller/src/crds/structural-schema.js';

const manifest = suite('k8s-controller/crds/manifest');

interface Schema {
  readonly properties: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly [keyword: string]: unknown;
}
interface Version {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly deprecated?: boolean;
  readonly deprecationWarning?: string;
  readonly subresources: unknown;
  readonly additionalPrinterColumns: readonly { readonly name: string; readonly type: string; readonly jsonPath: string; readonly priority?: number }[];
  readonly schema: { readonly openAPIV3Schema: Schema };
}
interface Definition {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly group: string; readonly scope: string; readonly names: Readonly<Record<string, string | readonly string[]>>; readonly versions: readonly Version[] };
}

const { schemas } = JSON.parse(readFileSync('scripts/data/core-schemas.json', 'utf8')) as { schemas: CoreSchemas };
const definitions = customResourceDefinitions(schemas) as unknown as readonly Definition[];
const version = (plural: string, name: string): Version => {
  const found = definitions.find(({ metadata }) => metadata.name.startsWith(`${plural}.`))?.spec.versions.find((each) => each.name === name);
  if (found === undefined) throw new Error(`there is no ${plural} ${name}`);
  return found;
};
const field = (plural: string, name: string, path: readonly string[]): Schema | undefined =>
  path.reduce<Schema | undefined>((schema, step) => (step === '[]' ? schema?.items : schema?.properties[step]), version(plural, name).schema.openAPIV3Schema);

manifest('deploy/crds is what the schemas say', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/write-crds.mjs', '--check'], { encoding: 'utf8' });
  assert.is(stderr, '');
  assert.is(status, 0);
});

manifest('names, scopes and short names are the contract\'s', () => {
  assert.equal(
    definitions.map(({ metadata, spec: { group, scope, names } }) => [metadata.name, group, scope, names]),
    [
      ['policyservers.policies.kubewarden.io', 'policies.kubewarden.io', 'Cluster', { kind: 'PolicyServer', listKind: 'PolicyServerList', plural: 'policyservers', singular: 'policyserver', shortNames: ['ps'] }],
      ['clusteradmissionpolicies.policies.kubewarden.io', 'policies.kubewarden.io', 'Cluster', { kind: 'ClusterAdmissionPolicy', listKind: 'ClusterAdmissionPolicyList', plural: 'clusteradmissionpolicies', singular: 'clusteradmissionpolicy', shortNames: ['cap'] }],
      ['admissionpolicies.policies.kubewarden.io', 'policies.kubewarden.io', 'Namespaced', { kind: 'AdmissionPolicy', listKind: 'AdmissionPolicyList', plural: 'admissionpolicies', singular: 'admissionpolicy', shortNames: ['ap'] }],
    ],
  );
});

manifest('v1 is stored; v1alpha2 is served with a warning', () => {
  for (const { spec } of definitions) {
    assert.equal(spec.versions.map(({ name, served, storage, deprecated }) => [name, served, storage, deprecated]), [['v1', true, true, undefined], ['v1alpha2', true, false, true]]);
    assert.is(spec.versions[1]?.deprecationWarning, 'This version is deprecated. Please, consider using v1');
  }
});

const columns = (plural: string, name: string): readonly string[] => version(plural, name).additionalPrinterColumns.map((column) => `${column.name}: ${column.type} ${column.jsonPath}${column.priority === undefined ? '' : ` priority ${column.priority}`}`);

for (const plural of ['clusteradmissionpolicies', 'admissionpolicies']) {
  manifest(`the columns of ${plural} are the contract's, the old version without its later ones`, () => {
    assert.equal(columns(plural, 'v1'), [
      'Policy Server: string .spec.policyServer',
      'Mutating: boolean .spec.mutating',
      'BackgroundAudit: boolean .spec.backgroundAudit',
      'Mode: string .spec.mode',
      'Observed mode: string .status.mode',
      'Status: string .status.policyStatus',
      'Age: date .metadata.creationTimestamp',
      "Severity: string .metadata.annotations['io\\.kubewarden\\.policy\\.severity'] priority 1",
      "Category: string .metadata.annotations['io\\.kubewarden\\.policy\\.category'] priority 1",
    ]);
    assert.equal(columns(plural, 'v1alpha2').map((column) => column.split(':')[0]), ['Policy Server', 'Mutating', 'Mode', 'Observed mode', 'Status']);
  });
}

for (const name of ['v1', 'v1alpha2']) {
  manifest(`the columns of PolicyServers in ${name} are the contract's`, () => assert.equal(columns('policyservers', name), ['Replicas: string .spec.replicas', 'Image: string .spec.image']));
}

manifest('every version has the status as a part of its own', () => {
  assert.equal([...new Set(definitions.flatMap(({ spec }) => spec.versions.map(({ subresources }) => JSON.stringify(subresources))))], ['{"status":{}}']);
});

/** A field's type in a word, its default and its bounds. */
function described(schema: Schema): string {
  const { type, minimum, maximum } = schema;
  const items = schema.items === undefined ? '' : ` of ${described(schema.items)}`;
  const values = schema['additionalProperties'] === undefined ? '' : ` to ${described(schema['additionalProperties'] as Schema)}`;
  const word = schema['x-kubernetes-int-or-string'] === true ? 'int-or-string' : String(schema['format'] ?? type);
  const bounds = minimum === undefined && maximum === undefined ? '' : ` ${String(minimum)}..${String(maximum)}`;
  const choice = schema['enum'] === undefined ? '' : ` ${(schema['enum'] as readonly string[]).join('|')}`;
  return `${word}${items}${values}${choice}${bounds}${schema['default'] === undefined ? '' : ` = ${JSON.stringify(schema['default'])}`}`;
}

const fieldsOf = (plural: string): Readonly<Record<string, string>> => Object.fromEntries(Object.entries(field(plural, 'v1', ['spec'])?.properties ?? {}).map(([name, schema]) => [name, described(schema)]));

manifest('a PolicyServer has the fields of the contract, each with its type and bounds', () => {
  assert.equal(fieldsOf('policyservers'), {
    image: 'string',
    replicas: 'int32',
    minAvailable: 'int-or-string',
    maxUnavailable: 'int-or-string',
    annotations: 'object to string',
    labels: 'object to string',
    env: 'array of object',
    serviceAccountName: 'string',
    imagePullSecret: 'string',
    insecureSources: 'array of string',
    sourceAuthorities: 'object to array of string',
    verificationConfig: 'string',
    sigstoreTrustConfig: 'string',
    securityContexts: 'object',
    affinity: 'object',
    limits: 'object to int-or-string',
    requests: 'object to int-or-string',
    tolerations: 'array of object',
    priorityClassName: 'string',
    namespacedPoliciesCapabilities: 'array of string',
    webhookPort: 'int32 1..65535',
    readinessProbePort: 'int32 1..65535',
    metricsPort: 'int32 1..65535',
  });
  assert.equal(Object.keys(field('policyservers', 'v1', ['spec', 'securityContexts'])?.properties ?? {}), ['container', 'pod']);
  assert.ok(field('policyservers', 'v1', ['spec', 'securityContexts', 'container', 'capabilities']));
  assert.ok(field('policyservers', 'v1', ['spec', 'securityContexts', 'pod', 'fsGroup']));
  for (const source of ['configMapKeyRef', 'fieldRef', 'fileKeyRef', 'resourceFieldRef', 'secretKeyRef']) assert.ok(field('policyservers', 'v1', ['spec', 'env', '[]', 'valueFrom', source]), source);
});

const common = {
  policyServer: 'string = "default"',
  mode: 'string protect|monitor = "protect"',
  module: 'string',
  settings: 'object',
  rules: 'array of object',
  failurePolicy: 'string',
  mutating: 'boolean',
  matchPolicy: 'string',
  objectSelector: 'object',
  sideEffects: 'string',
  backgroundAudit: 'boolean = true',
  matchConditions: 'array of object',
  timeoutSeconds: 'int32 2..30 = 10',
  timeoutEvalSeconds: 'int32 2..30',
  message: 'string',
};

manifest('policies have the fields of the contract, each with its type, default and bounds', () => {
  assert.equal(fieldsOf('admissionpolicies'), common);
  assert.equal(fieldsOf('clusteradmissionpolicies'), { ...common, namespaceSelector: 'object', contextAwareResources: 'array of object', allowInsideAdmissionControllerNamespace: 'boolean' });
  const required = (path: readonly string[]): unknown => [...(field('clusteradmissionpolicies', 'v1', path)?.required ?? [])].sort();
  assert.equal([required(['spec', 'matchConditions', '[]']), required(['spec', 'contextAwareResources', '[]']), required(['spec', 'rules', '[]'])], [['expression', 'name'], ['apiVersion', 'kind'], []]);
  assert.equal(Object.keys(field('clusteradmissionpolicies', 'v1', ['spec', 'rules', '[]'])?.properties ?? {}), ['operations', 'apiGroups', 'apiVersions', 'resources', 'scope']);
  for (const selector of ['objectSelector', 'namespaceSelector']) assert.is(field('clusteradmissionpolicies', 'v1', ['spec', selector])?.['x-kubernetes-map-type'], 'atomic');
});

manifest('a status has the fields of the contract', () => {
  for (const plural of ['clusteradmissionpolicies', 'admissionpolicies']) {
    assert.equal(field(plural, 'v1', ['status'])?.required, ['policyStatus']);
    assert.equal(field(plural, 'v1', ['status', 'mode'])?.['enum'], ['protect', 'monitor', 'unknown']);
  }
  assert.equal(field('policyservers', 'v1', ['status'])?.required, ['conditions']);
  for (const plural of ['policyservers', 'admissionpolicies']) {
    assert.is(field(plural, 'v1', ['status', 'conditions'])?.['x-kubernetes-list-type'], 'map');
    assert.equal([...(field(plural, 'v1', ['status', 'conditions', '[]'])?.required ?? [])].sort(), ['lastTransitionTime', 'message', 'reason', 'status', 'type']);
    assert.ok(field(plural, 'v1', ['status', 'conditions', '[]', 'observedGeneration']));
  }
});

for (const [title, path, keyword, expected] of [
  ['policyServer defaults to `default`', ['spec', 'policyServer'], 'default', 'default'],
  ['mode defaults to protect', ['spec', 'mode'], 'default', 'protect'],
  ['backgroundAudit defaults to true', ['spec', 'backgroundAudit'], 'default', true],
  ['timeoutSeconds defaults to 10', ['spec', 'timeoutSeconds'], 'default', 10],
  ['timeoutSeconds is at least 2', ['spec', 'timeoutSeconds'], 'minimum', 2],
  ['timeoutSeconds is at most 30', ['spec', 'timeoutSeconds'], 'maximum', 30],
  ['timeoutEvalSeconds is at least 2', ['spec', 'timeoutEvalSeconds'], 'minimum', 2],
  ['settings may be null', ['spec', 'settings'], 'nullable', true],
  ['settings keep every field', ['spec', 'settings'], 'x-kubernetes-preserve-unknown-fields', true],
  ['failurePolicy has no enumeration', ['spec', 'failurePolicy'], 'enum', undefined],
  ['a rule\'s lists are replaced as a whole', ['spec', 'rules', '[]', 'operations'], 'x-kubernetes-list-type', 'atomic'],
  ['a policy status may be unschedulable', ['status', 'policyStatus'], 'enum', ['unscheduled', 'scheduled', 'unschedulable', 'pending', 'active']],
  ['conditions are one per type', ['status', 'conditions'], 'x-kubernetes-list-map-keys', ['type']],
] as const) {
  manifest(`ClusterAdmissionPolicy: ${title}`, () => assert.equal(field('clusteradmissionpolicies', 'v1', path)?.[keyword], expected));
}

manifest('what is required is the contract\'s, and spec itself is not', () => {
  assert.equal([...(field('clusteradmissionpolicies', 'v1', ['spec'])?.required ?? [])].sort(), ['module', 'mutating', 'rules']);
  assert.equal([...(field('policyservers', 'v1', ['spec'])?.required ?? [])].sort(), ['image', 'replicas']);
  assert.is(version('policyservers', 'v1').schema.openAPIV3Schema.required, undefined);
});

manifest('only cluster-wide policies have a namespace selector, context and the escape into our namespace', () => {
  const only = ['namespaceSelector', 'contextAwareResources', 'allowInsideAdmissionControllerNamespace'];
  assert.equal(only.map((name) => field('clusteradmissionpolicies', 'v1', ['spec', name]) === undefined), [false, false, false]);
  assert.equal(only.map((name) => field('admissionpolicies', 'v1', ['spec', name]) === undefined), [true, true, true]);
});

manifest('the old version has none of the later fields, and no bounds on the timeout', () => {
  const spec = field('clusteradmissionpolicies', 'v1alpha2', ['spec']);
  assert.equal(Object.keys(spec?.properties ?? {}).sort(), ['failurePolicy', 'matchPolicy', 'mode', 'module', 'mutating', 'namespaceSelector', 'objectSelector', 'policyServer', 'rules', 'settings', 'sideEffects', 'timeoutSeconds']);
  assert.is(spec?.properties['timeoutSeconds']?.['minimum'], undefined);
  assert.equal(Object.keys(field('policyservers', 'v1alpha2', ['spec'])?.properties ?? {}).sort(), ['annotations', 'env', 'image', 'imagePullSecret', 'insecureSources', 'replicas', 'serviceAccountName', 'sourceAuthorities', 'verificationConfig']);
});

manifest('a PolicyServer\'s own fields have no defaults, embedded types keep theirs', () => {
  const own = Object.entries(field('policyservers', 'v1', ['spec'])?.properties ?? {}).filter(([, schema]) => 'default' in schema);
  assert.equal(own, []);
  assert.is(field('policyservers', 'v1', ['spec', 'env', '[]', 'valueFrom', 'configMapKeyRef', 'name'])?.['default'], '');
});

manifest('ports are ports, quantities quantities', () => {
  assert.equal([field('policyservers', 'v1', ['spec', 'webhookPort'])?.['minimum'], field('policyservers', 'v1', ['spec', 'webhookPort'])?.['maximum']], [1, 65535]);
  assert.is((field('policyservers', 'v1', ['spec', 'limits'])?.['additionalProperties'] as Schema)['x-kubernetes-int-or-string'], true);
  assert.is(field('policyservers', 'v1', ['spec', 'maxUnavailable'])?.['x-kubernetes-int-or-string'], true);
});

manifest.run();
