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
    parkedWorkers: availableParallelism(),
    warmBytes: 128 * 1024 * 1024,
    sandbox: {
      isolation: 'policy',
      repeatInit: false,
      maxConcurrent: null,
      limits: {
        memoryPages: 2048, tableElements: 100_000, moduleBytes: 64 * 1024 * 1024, functions: 200_000, localsPerFunction: 20_000, dataBytes: 64 * 1024 * 1024,
        loadMs: 60_000, startMs: null, hostCalls: 10_000, hostAnswerBytes: 64 * 1024 * 1024, guestAnswerBytes: 8 * 1024 * 1024, logLines: 1000,
      },
    },
    requireMetadata: false,
    capabilities: [],
  });
});

options('what is given counts', () => {
  const limits = {
    memoryPages: 1, tableElements: 0, moduleBytes: 8, functions: 1, localsPerFunction: 1, dataBytes: 0, loadMs: 1, startMs: 1, hostCalls: 0, hostAnswerBytes: 0,
    guestAnswerBytes: 0, logLines: 0,
  };
  const sandbox = { isolation: 'module' as const, repeatInit: true, maxConcurrent: 1, limits };
  const given = { workers: 3, spareWorkers: 0, parkedWorkers: 0, queueSize: 0, warmBytes: 0, policyTimeoutMs: 0.5, sandbox, requireMetadata: true, capabilities: [], onEvent: () => undefined };
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
  ['more memory than there can be', { sandbox: { limits: { memoryPages: 65_537 } } }, 'sandbox.limits.memoryPages: Too big: expected number to be <=65536'],
  ['more table elements than engines take', { sandbox: { limits: { tableElements: 10_000_001 } } }, 'sandbox.limits.tableElements: Too big: expected number to be <=10000000'],
  ['a load timeout that no timer can wait for', { sandbox: { limits: { loadMs: 2 ** 31 } } }, 'sandbox.limits.loadMs: Too big: expected number to be <=2147483647'],
  ['a text where a yes or no belongs', { requireMetadata: 'yes' }, 'requireMetadata: expected boolean, received string'],
  ['an event sink that is no function', { onEvent: {} }, 'onEvent: expected a function'],
  ['capabilities that are no list', { capabilities: {} }, 'capabilities: expected array, received object'],
  ['a limit that does not exist', { sandbox: { limits: { pages: 1 } } }, 'sandbox.limits: Unrecognized key: "pages"'],
  ['an isolation that does not exist', { sandbox: { isolation: 'none' } }, 'sandbox.isolation: Invalid option: expected one of "policy"|"module"|"request"'],
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
