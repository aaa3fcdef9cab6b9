// The thread that runs hostile code: a job in, an outcome out. It owns nothing but its ports.
import { webcrypto } from 'node:crypto';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';

import { monotonicNow } from '../../deadline.js';
import type { Outcome } from '../../outcome.js';
import { OutputBudget } from '../bridge/output-budget.js';
import { PhaseClock } from '../bridge/phase-clock.js';
import type { Assignment, OutputSource, WorkerMessage, WorkerStart } from '../bridge/wire.js';

import { blockingHostCall } from './host-call.js';
import { runInSandbox } from './sandbox.js';

const { phase, answered, limits, answers } = workerData as WorkerStart & { readonly answers: MessagePort };
const port = parentPort;
if (port === null) throw new Error('worker/entry runs in a worker thread only');

const clock = new PhaseClock(phase);
/** Nobody wakes it: a nap ends by its time. */
const napping = new Int32Array(new SharedArrayBuffer(4));
const wasiClock = { realtimeNs: (): bigint => BigInt(Date.now()) * 1_000_000n, monotonicNs: (): bigint => BigInt(Math.round(monotonicNow() * 1e6)) };
let currentJob = 0;
let budget = new OutputBudget();

const send = (message: WorkerMessage, moved?: Uint8Array): void => port.postMessage(message, moved?.buffer instanceof ArrayBuffer ? [moved.buffer] : []);
const hostCall = blockingHostCall((serial, call) => send({ kind: 'host-called', job: currentJob, serial, call }, call.payload), answers, answered);

/** Messages wait in the serving thread's memory, so a flood must end here; one line beyond the budget tells that there was more. */
function write(source: OutputSource, text: string): void {
  if (budget.spend(text.length) !== 'beyond') send({ kind: 'wrote', job: currentJob, source, text });
}

function run({ module, operation, payload }: Assignment): Outcome {
  return runInSandbox(module, operation, payload, {
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
  const { job } = assignment;
  const startMs = monotonicNow();
  currentJob = job;
  budget = new OutputBudget();
  try {
    const outcome = run(assignment);
    clock.leave();
    send({ kind: 'finished', job, outcome, runMs: monotonicNow() - startMs }, outcome.kind === 'answered' ? outcome.payload : undefined);
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    send({ kind: 'broke', job, message: error.message, stack: error.stack ?? '' });
  }
});
send({ kind: 'ready' });
