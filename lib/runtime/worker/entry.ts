// The thread that runs hostile code: a job in, an outcome out. It owns nothing but its ports.
import { webcrypto } from 'node:crypto';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';

import { monotonicNow } from '../../deadline.js';
import { InterruptFlag } from '../bridge/interrupt-flag.js';
import { OutputBudget } from '../bridge/output-budget.js';
import { PhaseClock } from '../bridge/phase-clock.js';
import type { Assignment, JobOutcome, OutputSource, PoolMessage, WorkerMessage, WorkerStart } from '../bridge/wire.js';

import { blockingHostCall } from './host-call.js';
import { SandboxKeeper, type SandboxRun } from './sandbox-keeper.js';

const { phase, answered, interrupt, warmBytes, answers } = workerData as WorkerStart & { readonly answers: MessagePort };
const port = parentPort;
if (port === null) throw new Error('worker/entry runs in a worker thread only');

/** Takes tens of milliseconds, for which a thread that takes another one's place need not be waited for. */
const loading = import('./judgement.js');

const clock = new PhaseClock(phase);
const flag = new InterruptFlag(interrupt);
const wasiClock = { realtimeNs: (): bigint => BigInt(Date.now()) * 1_000_000n, monotonicNs: (): bigint => BigInt(Math.round(monotonicNow() * 1e6)) };
let currentJob = 0;
let budget = new OutputBudget(0);

const send = (message: WorkerMessage, moved?: Uint8Array): void => port.postMessage(message, moved?.buffer instanceof ArrayBuffer ? [moved.buffer] : []);
const hostCall = blockingHostCall((serial, call) => send({ kind: 'host-called', job: currentJob, serial, call }, call.payload), answers, answered);

/** Messages wait in the serving thread's memory, so a flood must end here; one line beyond the budget tells that there was more. */
function write(source: OutputSource, text: string): void {
  if (budget.spend(text.length) !== 'beyond') send({ kind: 'wrote', job: currentJob, source, text });
}

const keeper = new SandboxKeeper({
  hostCall,
  write,
  onPhase: (entered) => clock.enter(entered),
  clock: wasiClock,
  randomFill: (bytes) => webcrypto.getRandomValues(bytes),
  sleep: (durationMs) => flag.sleep(durationMs),
  interruptMemory: flag.memory,
  warmBytes,
  isInterrupted: () => flag.isRaised,
  onBegin: ({ logLines }) => (budget = new OutputBudget(logLines)),
});

/** The outcome goes first: what the next request needs is nobody's wait. */
function finish(outcome: JobOutcome, { instance, afterwards }: SandboxRun, job: number, startMs: number): void {
  clock.leave();
  const isMending = afterwards.kind === 'replace';
  send({ kind: 'finished', job, outcome, runMs: monotonicNow() - startMs, instance, isMending }, outcome.kind === 'answered' ? outcome.payload : undefined);
  if (afterwards.kind === 'nothing') return;
  afterwards.perform();
  if (!isMending) return;
  clock.leave();
  send({ kind: 'mended' });
}

async function perform(assignment: Assignment): Promise<void> {
  const { job, sandbox, code, operation, payload } = assignment;
  const startMs = monotonicNow();
  currentJob = job;
  let done: SandboxRun;
  let outcome: JobOutcome;
  try {
    done = keeper.run(sandbox, code, operation, payload);
    const { judged } = await loading;
    outcome = judged(done.outcome, assignment);
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    send({ kind: 'broke', job, message: error.message, stack: error.stack ?? '' });
    return;
  }
  finish(outcome, done, job, startMs);
}

/** What fails after the outcome is on its way is nobody's answer; the thread is not trusted any more and ends. */
function end(thrown: unknown): void {
  setImmediate(() => {
    throw thrown;
  });
}

port.on('message', (message: PoolMessage) => {
  if (message.kind === 'forget') keeper.forget(message.sandboxes);
  else perform(message).catch(end);
});
send({ kind: 'ready' });
