import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { parseManifests } from '../../../integrations/cli/src/manifests.js';
import { faultOf } from '../../support/fault-of.js';

const manifests = suite('cli/manifests');

const resource = (kind: string, spec: unknown, name: unknown = 'p'): unknown => ({ apiVersion: 'policies.kubewarden.io/v1', kind, metadata: { name }, spec });
const resources = [{ apiVersion: 'v1', kind: 'Namespace' }];

manifests('reads what an evaluation needs and ignores the rest', () => {
  const spec = { policyServer: 'default', module: 'file:///p.wasm', mode: 'monitor', mutating: true, message: 'm', settings: { a: 1 }, timeoutEvalSeconds: 3, contextAwareResources: resources, rules: [] };
  const [cluster] = parseManifests([resource('ClusterAdmissionPolicy', spec)]);
  assert.equal(cluster, {
    id: 'p',
    definition: { module: 'file:///p.wasm', policyMode: 'monitor', allowedToMutate: true, message: 'm', settings: { a: 1 }, timeoutEvalSeconds: 3, contextAwareResources: resources, hostCapabilities: [] },
  });
  const [namespaced] = parseManifests([resource('AdmissionPolicy', spec)]);
  assert.equal(namespaced?.definition.contextAwareResources, [], 'only policies of the whole cluster read it');
});

manifests('fills in what is not there', () => {
  const [policy] = parseManifests([{ apiVersion: 'policies.kubewarden.io/v1', kind: 'AdmissionPolicy', spec: { module: 'm.wasm', settings: null, mode: null } }]);
  assert.is(policy?.id, 'crd-without-name');
  assert.equal(policy?.definition, { module: 'm.wasm', policyMode: 'protect', allowedToMutate: false, settings: {}, contextAwareResources: [], hostCapabilities: [] });
});

manifests('tells policies of one name apart', () => {
  const policy = resource('AdmissionPolicy', { module: 'm.wasm' });
  assert.equal(parseManifests([policy, policy, policy]).map(({ id }) => id), ['p', 'p (2)', 'p (3)']);
});

const refused: Readonly<Record<string, readonly [document: unknown, message: string]>> = {
  'an apiVersion of another year': [{ apiVersion: 'policies.kubewarden.io/v1alpha2', kind: 'AdmissionPolicy' }, 'invalid apiVersion policies.kubewarden.io/v1alpha2, expected policies.kubewarden.io/v1'],
  'no apiVersion': [{ kind: 'AdmissionPolicy' }, 'invalid apiVersion (none), expected policies.kubewarden.io/v1'],
  'a kind that is no policy': [{ apiVersion: 'policies.kubewarden.io/v1', kind: 'Pod' }, 'unknown kind Pod, not a Kubewarden policy'],
  'no kind': [{ apiVersion: 'policies.kubewarden.io/v1' }, 'unknown kind (none), not a Kubewarden policy'],
  'no spec': [resource('ClusterAdmissionPolicy', undefined), 'CRD does not have spec, but it is required for ClusterAdmissionPolicy'],
  'no spec, of a group': [resource('AdmissionPolicyGroup', undefined), 'CRD does not have spec, but it is required for AdmissionPolicyGroup'],
  'a spec that is a list': [resource('AdmissionPolicy', []), 'cannot parse value into AdmissionPolicy: spec: expected a map'],
  'a mode that does not exist': [resource('AdmissionPolicy', { module: 'm', mode: 'audit' }), 'cannot parse value into AdmissionPolicy: spec: mode: '],
  'settings that are no object': [resource('AdmissionPolicy', { module: 'm', settings: 'x' }), 'Invalid settings in CRD, not an object'],
  'a name that is a number': [resource('AdmissionPolicy', { module: 'm' }, 7), 'cannot parse value into AdmissionPolicy: metadata.name: expected a string'],
  'a document that is a list': [[], 'a document is no map with apiVersion, kind, metadata and spec'],
};
for (const [title, [document, message]] of Object.entries(refused)) {
  manifests(`refuses ${title}`, () => {
    const fault = faultOf(() => parseManifests([document]));
    assert.is(fault.code, 'MANIFEST_INVALID');
    assert.ok(fault.message.startsWith(message) || fault.message.includes(message), fault.message);
  });
}

manifests('refuses groups until they are built', () => {
  for (const kind of ['AdmissionPolicyGroup', 'ClusterAdmissionPolicyGroup']) assert.is(faultOf(() => parseManifests([resource(kind, {})])).code, 'MANIFEST_UNSUPPORTED');
});

manifests('refuses a file without policies', () => assert.match(faultOf(() => parseManifests([])).message, 'it holds no policy'));

manifests.run();
