import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { readPod } from '../../../../integrations/k8s-controller/src/world/pod.js';
import { parseTerminationMessage } from '../../../../integrations/k8s-controller/src/world/termination-message.js';
import { formatTerminationMessage } from '../../../../integrations/webhook-server/src/policies/termination-message.js';
import { hash, seen } from '../support/objects.js';

const pods = suite('k8s-controller/world/pod');

const pod = (status: object, metadata: object = {}): ReturnType<typeof readPod> => readPod(seen('Pod', 'p', { status }, { labels: { 'kubewarden/config-version': hash('1') }, ...metadata }));
const failureOf = (container: object): unknown => pod({ phase: 'Running', containerStatuses: [container] })?.failure;

pods('a Pod is read with its version and whether it is ready', () => {
  const read = pod({ phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] });
  assert.equal(read, { name: 'p', version: hash('1'), ready: true, terminating: false, failure: undefined });
});

pods('C13: what is left of a Pod that ended is none', () => {
  assert.equal([pod({ phase: 'Succeeded' }), pod({ phase: 'Failed' })], [undefined, undefined]);
});

pods('a Pod of the reference has a version that is none of ours', () => assert.is(pod({}, { labels: { 'kubewarden/config-version': '12345' } })?.version, undefined));
pods('a Pod that is going says so', () => assert.is(pod({}, { deletionTimestamp: '2026-01-01T00:00:00Z' })?.terminating, true));

for (const [title, container, failure] of [
  ['is being created', { state: { waiting: { reason: 'ContainerCreating' } } }, undefined],
  ['runs', { state: { running: {} } }, undefined],
  ['cannot pull its image', { state: { waiting: { reason: 'ErrImagePull', message: 'no' } } }, { reason: 'ErrImagePull', message: 'no' }],
  ['ended with an error', { state: { terminated: { exitCode: 1, reason: 'Error', message: 'm' } } }, { reason: 'Error', message: 'm' }],
  ['waits to be started again', { state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated: { exitCode: 1, reason: 'Error', message: 'm' } } }, { reason: 'Error', message: 'm' }],
  ['runs again, and had failed', { state: { running: {} }, lastState: { terminated: { exitCode: 1, reason: 'Error', message: 'm' } } }, { reason: 'Error', message: 'm' }],
  ['ended well', { state: { terminated: { exitCode: 0, reason: 'Completed' } } }, undefined],
] as const) {
  pods(`a container that ${title}`, () => assert.equal(failureOf(container), failure));
}

pods('the policy-server and the controller mean the same by a termination message', () => {
  const text = formatTerminationMessage([{ policyId: 'a', message: 'ä'.repeat(3000) }, { policyId: '', message: 'own' }]);
  const read = parseTerminationMessage(text);
  assert.equal([...(read?.keys() ?? [])], ['a', '']);
  assert.is(read?.get(''), 'own');
});

for (const text of ['', 'text', '[]', '{"policies":5}', '{"policies":[{"policyId":1}]}', '{"policies":[']) pods(`'${text}' is no message of ours`, () => assert.is(parseTerminationMessage(text), undefined));

pods.run();
