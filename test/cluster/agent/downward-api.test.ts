// Tests of Pod fields as text.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Container, Pod, ResourceFieldRef } from '../api/objects.js';
import { fieldText, resourceText } from './downward-api.js';

const downward = suite('cluster/agent/downward-api');

const MAIN: Container = { name: 'main', image: 'i', resources: { limits: { cpu: '1500m', memory: '64Mi' }, requests: { cpu: '250m' } } };
const POD: Pod = {
  metadata: { name: 'pod', namespace: 'ns', uid: 'u', resourceVersion: '1', labels: { b: 'two', a: 'o"ne' }, annotations: { 'example.test/x': 'y' } },
  spec: { containers: [MAIN], nodeName: 'node-1', serviceAccountName: 'account' },
};

const fields: readonly (readonly [string, string])[] = [
  ['metadata.name', 'pod'],
  ["metadata.annotations['example.test/x']", 'y'],
  ["metadata.labels['absent']", ''],
  ['metadata.labels', 'a="o\\"ne"\nb="two"'],
  ['spec.serviceAccountName', 'account'],
  ['status.podIP', '10.0.0.2'],
  ['status.hostIP', '10.0.0.1'],
];
for (const [path, wanted] of fields) downward(`knows ${path}`, () => assert.is(fieldText(POD, { podAddress: '10.0.0.2', nodeAddress: '10.0.0.1' }, path), wanted));

downward('refuses a field that is not offered', () => assert.throws(() => fieldText(POD, { podAddress: '', nodeAddress: '' }, 'spec.containers'), /not in the downward API/));

const amounts: readonly (readonly [ResourceFieldRef, string])[] = [
  [{ resource: 'limits.cpu' }, '2'],
  [{ resource: 'limits.cpu', divisor: '1m' }, '1500'],
  [{ resource: 'requests.cpu', divisor: '1m' }, '250'],
  [{ resource: 'limits.memory' }, String(64 * 2 ** 20)],
  [{ resource: 'limits.memory', divisor: '1Mi' }, '64'],
  [{ resource: 'requests.memory' }, '0'],
  [{ resource: 'limits.ephemeral-storage', divisor: '1Gi' }, '64'],
];
for (const [ref, wanted] of amounts) downward(`counts ${ref.resource} in units of ${ref.divisor ?? 'one'}`, () => assert.is(resourceText([MAIN], 'main', ref), wanted));

downward.run();
