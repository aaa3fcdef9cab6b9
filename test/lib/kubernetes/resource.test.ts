import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { apiVersionOf, type ApiResource, collectionPath, objectPath, shownAddress } from '../../../lib/kubernetes/resource.js';
import { faultOf } from '../../support/fault-of.js';

const resources = suite('kubernetes/resource');

const pods: ApiResource = { group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true };
const deployments: ApiResource = { group: 'apps', version: 'v1', plural: 'deployments', kind: 'Deployment', namespaced: true };
const nodes: ApiResource = { group: '', version: 'v1', plural: 'nodes', kind: 'Node', namespaced: false };

const paths: readonly [title: string, path: string, expected: string][] = [
  ['the core group lies under /api', collectionPath({ resource: pods, namespace: 'n' }), '/api/v1/namespaces/n/pods'],
  ['other groups lie under /apis', collectionPath({ resource: deployments, namespace: 'n' }), '/apis/apps/v1/namespaces/n/deployments'],
  ['without a namespace all namespaces are meant', collectionPath({ resource: deployments }), '/apis/apps/v1/deployments'],
  ['an object is named below its collection', objectPath({ resource: pods, namespace: 'n', name: 'a' }), '/api/v1/namespaces/n/pods/a'],
  ['a cluster-scoped object has no namespace', objectPath({ resource: nodes, name: 'a' }), '/api/v1/nodes/a'],
  ['a subresource is named below its object', objectPath({ resource: deployments, namespace: 'n', name: 'a' }, 'scale'), '/apis/apps/v1/namespaces/n/deployments/a/scale'],
  ['names with colons, as roles have, are escaped', objectPath({ resource: nodes, name: 'system:node?x' }), '/api/v1/nodes/system%3Anode%3Fx'],
];

for (const [title, path, expected] of paths) resources(title, () => assert.is(path, expected));

const hostile = ['', '.', '..', 'a/b', '../../../etc', '%2e%2e', 'a%2fb', 'a\\b', 'a\nb', 'a\0'];

for (const name of hostile) {
  resources(`${JSON.stringify(name)} is refused as a name, a namespace and a subresource`, () => {
    for (const attempt of [() => objectPath({ resource: nodes, name }), () => collectionPath({ resource: pods, namespace: name }), () => objectPath({ resource: nodes, name: 'a' }, name)]) {
      assert.is(faultOf(attempt).code, 'KUBERNETES_NAME_INVALID');
    }
  });
}

resources('a namespace for what has none is refused, and none for what needs one', () => {
  assert.is(faultOf(() => objectPath({ resource: nodes, namespace: 'n', name: 'a' })).message, 'cannot address objects: nodes are not namespaced, and namespace "n" was given');
  assert.is(faultOf(() => objectPath({ resource: deployments, name: 'a' })).message, 'cannot address objects: deployments.apps are namespaced, and no namespace was given for "a"');
});

resources('an apiVersion names the group where there is one', () => {
  assert.is(apiVersionOf(pods), 'v1');
  assert.is(apiVersionOf(deployments), 'apps/v1');
});

resources('an address reads as words', () => {
  assert.is(shownAddress({ resource: deployments, namespace: 'n', name: 'a' }, 'status'), 'deployments.apps/status "a" in namespace "n"');
  assert.is(shownAddress({ resource: nodes }), 'nodes');
});

resources.run();
