import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { kindEntry, kinds } from '../../../lib/testing/kinds.js';

const catalogue = suite('testing/kinds');

catalogue('knows each kind once', () => {
  const names = kinds.map(({ group, version, kind }) => `${group}/${version} ${kind}`);
  assert.equal(names, [...new Set(names)]);
});

catalogue('names each resource in lower case, in the plural of its kind', () => {
  for (const { kind, resource } of kinds) {
    const singular = kind.toLowerCase();
    const plurals = [`${singular}s`, `${singular}es`, `${singular.slice(0, -1)}ies`, singular];
    assert.ok(plurals.includes(resource), `${kind}: ${resource}`);
  }
});

const cases: readonly (readonly [apiVersion: string, kind: string, resource: string, namespaced: boolean])[] = [
  ['v1', 'Pod', 'pods', true],
  ['v1', 'Endpoints', 'endpoints', true],
  ['v1', 'Namespace', 'namespaces', false],
  ['networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies', true],
  ['storage.k8s.io/v1', 'StorageClass', 'storageclasses', false],
  ['networking.k8s.io/v1', 'IPAddress', 'ipaddresses', false],
  ['policies.kubewarden.io/v1', 'ClusterAdmissionPolicy', 'clusteradmissionpolicies', false],
];
for (const [apiVersion, kind, resource, namespaced] of cases) {
  catalogue(`finds ${apiVersion} ${kind}`, () => {
    const entry = kindEntry(apiVersion, kind);
    assert.is(entry?.resource, resource);
    assert.is(entry?.namespaced, namespaced);
    assert.is(entry?.group, apiVersion.includes('/') ? apiVersion.split('/')[0] : '');
  });
}

catalogue('knows no kind of another group or version', () => {
  for (const [apiVersion, kind] of [['v1', 'Deployment'], ['apps/v2', 'Deployment'], ['extensions/v1beta1', 'Ingress'], ['v1', 'pod']] as const) assert.is(kindEntry(apiVersion, kind), undefined);
});

catalogue.run();
