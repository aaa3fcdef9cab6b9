// What an embedder may set: defaults, bounds, and the words for what is wrong.
import { availableParallelism } from 'node:os';

import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { runtimeSettings } from '../../../lib/runtime/options.js';
import { faultOf } from '../../support/fault-of.js';

const options = suite('runtime/options');

options('everything has a default', () => {
  const { onEvent, ...rest } = runtimeSettings({});
  onEvent({ kind: 'worker-stopped', workerId: 1, reason: '' });
  assert.equal(rest, {
    workers: availableParallelism(),
    spareWorkers: 1,
    queueSize: 1000,
    policyTimeoutMs: 2000,
    maxMemoryPages: 2048,
    maxTableElements: 100_000,
    loadTimeoutMs: 60_000,
    requireMetadata: false,
    capabilities: [],
  });
});

options('what is given counts', () => {
  const given = { workers: 3, spareWorkers: 0, queueSize: 0, policyTimeoutMs: 0.5, maxMemoryPages: 1, maxTableElements: 0, loadTimeoutMs: 1, requireMetadata: true, capabilities: [], onEvent: () => undefined };
  assert.equal(runtimeSettings(given), given);
});

options('no limit on execution is one without end', () => assert.is(runtimeSettings({ policyTimeoutMs: null }).policyTimeoutMs, Number.POSITIVE_INFINITY));

const invalid: readonly (readonly [string, Readonly<Record<string, unknown>>, string])[] = [
  ['no workers', { workers: 0 }, 'workers: Too small: expected number to be >=1'],
  ['half a worker', { workers: 1.5 }, 'workers: expected int, received number'],
  ['too many workers', { workers: 1025 }, 'workers: Too big: expected number to be <=1024'],
  ['too many spares', { spareWorkers: 17 }, 'spareWorkers: Too big: expected number to be <=16'],
  ['a queue below zero', { queueSize: -1 }, 'queueSize: Too small: expected number to be >=0'],
  ['a queue without end', { queueSize: Number.POSITIVE_INFINITY }, 'queueSize: expected number, received Infinity'],
  ['no time at all', { policyTimeoutMs: 0 }, 'policyTimeoutMs: Too small: expected number to be >0'],
  ['a time as text', { policyTimeoutMs: '2s' }, 'policyTimeoutMs: expected number, received string'],
  ['more memory than there can be', { maxMemoryPages: 65_537 }, 'maxMemoryPages: Too big: expected number to be <=65536'],
  ['more table elements than engines take', { maxTableElements: 10_000_001 }, 'maxTableElements: Too big: expected number to be <=10000000'],
  ['a load timeout that no timer can wait for', { loadTimeoutMs: 2 ** 31 }, 'loadTimeoutMs: Too big: expected number to be <=2147483647'],
  ['a text where a yes or no belongs', { requireMetadata: 'yes' }, 'requireMetadata: expected boolean, received string'],
  ['an event sink that is no function', { onEvent: {} }, 'onEvent: expected a function'],
  ['capabilities that are no list', { capabilities: {} }, 'capabilities: expected array, received object'],
  ['an option that does not exist', { worker: 1 }, 'Unrecognized key: "worker"'],
];
for (const [title, given, message] of invalid) {
  options(`${title} is refused`, () => {
    const fault = faultOf(() => runtimeSettings(given));
    assert.is(fault.code, 'RUNTIME_OPTIONS_INVALID');
    assert.is(fault.message, `Cannot create the runtime: ${message}`);
  });
}

options('all problems are told at once', () => {
  assert.is(faultOf(() => runtimeSettings({ workers: 0, queueSize: -1 })).message, 'Cannot create the runtime: workers: Too small: expected number to be >=1; queueSize: Too small: expected number to be >=0');
});

options.run();
