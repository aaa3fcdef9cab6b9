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
  readonly additionalPrinterColumns: readonly { readonly name: string; readonly priority?: number }[];
  readonly schema: { readonly openAPIV3Schema: Schema };
}
interface Definition {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly scope: string; readonly names: { readonly shortNames: readonly string[]; readonly listKind: string }; readonly versions: readonly Version[] };
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
    definitions.map(({ metadata, spec }) => [metadata.name, spec.scope, spec.names.shortNames, spec.names.listKind]),
    [
      ['policyservers.policies.kubewarden.io', 'Cluster', ['ps'], 'PolicyServerList'],
      ['clusteradmissionpolicies.policies.kubewarden.io', 'Cluster', ['cap'], 'ClusterAdmissionPolicyList'],
      ['admissionpolicies.policies.kubewarden.io', 'Namespaced', ['ap'], 'AdmissionPolicyList'],
    ],
  );
});

manifest('v1 is stored; v1alpha2 is served with a warning', () => {
  for (const { spec } of definitions) {
    assert.equal(spec.versions.map(({ name, served, storage, deprecated }) => [name, served, storage, deprecated]), [['v1', true, true, undefined], ['v1alpha2', true, false, true]]);
    assert.is(spec.versions[1]?.deprecationWarning, 'This version is deprecated. Please, consider using v1');
  }
});

manifest('the columns of policies are the contract\'s, the old version without its later ones', () => {
  const columns = (name: string): readonly (readonly [string, number | undefined])[] => version('admissionpolicies', name).additionalPrinterColumns.map((column) => [column.name, column.priority] as const);
  assert.equal(columns('v1'), [['Policy Server', undefined], ['Mutating', undefined], ['BackgroundAudit', undefined], ['Mode', undefined], ['Observed mode', undefined], ['Status', undefined], ['Age', undefined], ['Severity', 1], ['Category', 1]]);
  assert.equal(columns('v1alpha2').map(([name]) => name), ['Policy Server', 'Mutating', 'Mode', 'Observed mode', 'Status']);
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
