// The thread that runs hostile code: a job in, an outcome out. It owns nothing but its ports.
import { webcrypto } from 'node:crypto';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';

import { monotonicNow } from '../../deadline.js';
import type { Outcome } from '../../outcome.js';
import { PhaseClock } from '../bridge/phase-clock.js';
import type { Assignment, OutputSource, WorkerMessage, WorkerStart } from '../bridge/wire.js';

import { blockingHostCall } from './host-call.js';
import { runInSandbox } from './sandbox.js';

const { phase, answerSignal, limits, answers } = workerData as WorkerStart & { readonly answers: MessagePort };
const port = parentPort;
if (port === null) throw new Error('worker/entry runs in a worker thread only');

const clock = new PhaseClock(phase);
const modules = new Map<string, WebAssembly.Module>();
/** Nobody wakes it: a nap ends by its time. */
const napping = new Int32Array(new SharedArrayBuffer(4));
const wasiClock = { realtimeNs: (): bigint => BigInt(Date.now()) * 1_000_000n, monotonicNs: (): bigint => BigInt(Math.round(monotonicNow() * 1e6)) };
let currentJob = 0;

const send = (message: WorkerMessage, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);
const write = (source: OutputSource, text: string): void => send({ kind: 'wrote', job: currentJob, source, text });
const hostCall = blockingHostCall((call) => send({ kind: 'host-called', job: currentJob, call }), answers, answerSignal);

function moduleOf({ digest, module }: Assignment): WebAssembly.Module {
  if (module !== undefined) modules.set(digest, module);
  const known = modules.get(digest);
  if (known === undefined) throw new Error(`the worker was never given the module ${digest}`);
  return known;
}

function run(assignment: Assignment): Outcome {
  return runInSandbox(moduleOf(assignment), assignment.operation, assignment.payload, {
    hostCall,
    limits,
    write,
    onPhase: (entered) => clock.enter(entered),
    clock: wasiClock,
    randomFill: (bytes) => webcrypto.getRandomValues(bytes),
    sleep: (durationMs) => Atomics.wait(napping, 0, 0, durationMs),
  });
}

port.on('message', (assignment: Assignment) => {
  const startMs = monotonicNow();
  currentJob = assignment.job;
  try {
    const outcome = run(assignment);
    const transfer = outcome.kind === 'answered' && outcome.payload.buffer instanceof ArrayBuffer ? [outcome.payload.buffer] : [];
    send({ kind: 'finished', job: assignment.job, outcome, runMs: monotonicNow() - startMs }, transfer);
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    send({ kind: 'broke', job: assignment.job, message: error.message, stack: error.stack ?? '' });
  }
});
send({ kind: 'ready' });
