// Tests of the environment and command line of containers.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Container, Pod } from '../api/objects.js';
import { commandLine, containerEnvironment, expanded, type EnvironmentSources } from './environment.js';

const environment = suite('cluster/agent/environment');

const CONTAINER: Container = { name: 'main', image: 'example.test/image' };

function sources(values: Readonly<Record<string, Readonly<Record<string, string>>>> = {}): EnvironmentSources {
  const pod: Pod = { metadata: { name: 'pod', namespace: 'ns', uid: 'uid', resourceVersion: '1' }, spec: { containers: [CONTAINER] } };
  return { pod, facts: { podAddress: '10.0.0.2', nodeAddress: '10.0.0.1' }, image: { entrypoint: ['run'], arguments: ['--default'], environment: { FROM: 'image' } }, cluster: { KUBERNETES_SERVICE_HOST: '10.96.0.1' }, readValues: (_, name) => Promise.resolve(values[name]) };
}

const expansions: readonly (readonly [string, string, string])[] = [
  ['replaces a known variable', 'a $(KNOWN) b', 'a value b'],
  ['keeps an unknown variable as written', '$(UNKNOWN)', '$(UNKNOWN)'],
  ['takes two dollar signs for one, and the rest as it is', '$$(KNOWN)', '$(KNOWN)'],
  ['keeps a lone dollar sign', 'costs 5$ or $5', 'costs 5$ or $5'],
];
for (const [title, text, wanted] of expansions) environment(title, () => assert.is(expanded(text, { KNOWN: 'value' }), wanted));

const commands: readonly (readonly [string, Partial<Container>, string[]])[] = [
  ['runs the image as it is', {}, ['run', '--default']],
  ['replaces the arguments of the image by args', { args: ['--mine'] }, ['run', '--mine']],
  ['drops the arguments of the image with its entrypoint', { command: ['other'] }, ['other']],
  ['expands variables in both', { command: ['$(NAME)'], args: ['$(NAME)'] }, ['word', 'word']],
];
for (const [title, parts, wanted] of commands) environment(title, () => assert.equal(commandLine({ ...CONTAINER, ...parts }, sources().image, { NAME: 'word' }), wanted));

environment('lets env win over envFrom, and envFrom over the image', async () => {
  const container: Container = { ...CONTAINER, envFrom: [{ configMapRef: { name: 'map' } }], env: [{ name: 'B', value: 'env $(A)' }] };
  const found = await containerEnvironment(container, sources({ map: { A: 'map', B: 'map', FROM: 'map' } }));
  assert.equal([found['A'], found['B'], found['FROM'], found['KUBERNETES_SERVICE_HOST']], ['map', 'env map', 'map', '10.96.0.1']);
});

const missing: readonly (readonly [string, Partial<Container>, string])[] = [
  ['refuses a ConfigMap that does not exist', { envFrom: [{ configMapRef: { name: 'none' } }] }, 'configmap "none" not found'],
  ['refuses a Secret that does not exist', { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'none', key: 'a' } } }] }, 'secret "none" not found'],
  ['refuses a key that does not exist', { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'map', key: 'a' } } }] }, "couldn't find key a in ConfigMap map"],
];
for (const [title, parts, message] of missing) {
  environment(title, async () => {
    const refused = await containerEnvironment({ ...CONTAINER, ...parts }, sources({ map: {} })).then(String, String);
    assert.match(refused, message);
  });
}

environment('leaves out optional objects and keys that do not exist', async () => {
  const container: Container = { ...CONTAINER, envFrom: [{ secretRef: { name: 'none', optional: true } }], env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'map', key: 'a', optional: true } } }] };
  assert.not('A' in (await containerEnvironment(container, sources({ map: {} }))));
});

environment.run();
