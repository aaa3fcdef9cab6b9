import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import type { PolicyRule } from '../../../lib/audit/policy.js';
import { isAboutCreation, targetsOf } from '../../../lib/audit/targets.js';
import { apiVersionOf } from '../../../lib/kubernetes/resource.js';
import { served } from './served.js';

const targets = suite('audit/targets');

const rule = (apiGroups: readonly string[], apiVersions: readonly string[], resources: readonly string[], scope = '*'): PolicyRule => ({ operations: ['CREATE'], apiGroups, apiVersions, resources, scope });
const found = (...rules: readonly PolicyRule[]): readonly string[] => targetsOf(rules, served).resources.map((one) => `${one.plural} ${apiVersionOf(one)}`);

const cases: readonly (readonly [title: string, rules: readonly PolicyRule[], resources: readonly string[], unknown: readonly string[]])[] = [
  ['a resource that is named is one', [rule([''], ['v1'], ['pods'])], ['pods v1'], []],
  ['a resource that two rules name is one all the same', [rule([''], ['v1'], ['pods']), rule([''], ['*'], ['pods'])], ['pods v1'], []],
  ['of a cross product only what is served is left', [rule(['', 'apps'], ['v1'], ['pods', 'deployments'])], ['pods v1', 'deployments apps/v1'], ['deployments of v1', 'pods of apps/v1']],
  ['a wildcard version is the preferred one', [rule(['autoscaling'], ['*'], ['horizontalpodautoscalers'])], ['horizontalpodautoscalers autoscaling/v2'], []],
  ['of several versions the preferred one that is named', [rule(['autoscaling'], ['v1'], ['horizontalpodautoscalers'])], ['horizontalpodautoscalers autoscaling/v1'], []],
  ['all wildcards are what is stored and judged, but for heartbeats and reports', [rule(['*'], ['*'], ['*'])], ['pods v1', 'namespaces v1', 'deployments apps/v1', 'horizontalpodautoscalers autoscaling/v2'], []],
  ['two stars with a slash are as wide', [rule(['apps'], ['*'], ['*/*'])], ['deployments apps/v1'], []],
  ['a rule about subresources is about no object', [rule([''], ['v1'], ['pods/exec', 'pods/*'])], [], []],
  ['a subresource that is not served is unknown', [rule([''], ['v1'], ['pods/nothing'])], [], ['pods/nothing of v1']],
  ['a rule that names events means them, once for both groups', [rule(['', 'events.k8s.io'], ['v1'], ['events'])], ['events v1'], []],
  ['what cannot be listed is not looked at', [rule([''], ['v1'], ['bindings'])], [], []],
  ['what cannot be created is not looked at', [rule([''], ['v1'], ['componentstatuses'])], [], []],
  ['reports are never looked at', [rule(['openreports.io'], ['*'], ['reports'])], [], []],
  ['the scope of a rule counts', [rule([''], ['v1'], ['pods', 'namespaces'], 'Cluster')], ['namespaces v1'], []],
];

for (const [title, rules, resources, unknown] of cases) {
  targets(title, () => {
    assert.equal(found(...rules), resources);
    assert.equal(targetsOf(rules, served).unknown, unknown);
  });
}

targets('operations name CREATE, or everything', () => {
  const about = (...operations: readonly string[]): boolean => isAboutCreation({ ...rule([], [], []), operations });
  assert.equal([about('CREATE'), about('UPDATE', 'CREATE'), about('*'), about('UPDATE'), about()], [true, true, true, false, false]);
});

targets.run();
