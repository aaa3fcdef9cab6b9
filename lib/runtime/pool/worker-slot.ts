// One worker thread: hand it a job, answer its host calls, end it.
import { MessageChannel, Worker } from 'node:worker_threads';

import { messageOf } from '../../fault.js';
import type { ExchangeLimits } from '../../wapc/exchange.js';
import { PhaseClock, type PhaseReading } from '../bridge/phase-clock.js';
import type { Assignment, HostReply, WorkerStart } from '../bridge/wire.js';

import type { SandboxThread, StartThread, ThreadEvents } from './sandbox-thread.js';

/** JavaScript heap per thread in MiB: payloads and answers live there for a moment. Wasm memory is bounded in the module. */
const maxHeapMb = 256;

/** Starts worker threads whose guests are held to the limits. */
export function workerThreads(limits: ExchangeLimits): StartThread {
  return (events) => new WorkerSlot(limits, events);
}

class WorkerSlot implements SandboxThread {
  readonly #worker: Worker;
  readonly #clock = new PhaseClock();
  readonly #answered = new Int32Array(new SharedArrayBuffer(4));
  readonly #answers = new MessageChannel();

  constructor(limits: ExchangeLimits, events: ThreadEvents) {
    const start: WorkerStart = { phase: this.#clock.buffer, answered: this.#answered.buffer, limits };
    this.#worker = new Worker(new URL('../worker/entry.js', import.meta.url), {
      workerData: { ...start, answers: this.#answers.port2 },
      transferList: [this.#answers.port2],
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
      name: 'wasmwarden-sandbox',
    });
    let reason = 'it ended by itself';
    this.#worker.on('message', events.onMessage);
    this.#worker.on('error', (error) => (reason = messageOf(error)));
    this.#worker.on('exit', () => {
      this.#answers.port1.close();
      events.onExit(reason);
    });
    this.#answers.port1.unref();
  }

  assign(assignment: Assignment): void {
    // The phase counts from here: a thread that never gets to it must not run without a limit.
    this.#clock.enter('start');
    this.#worker.postMessage(assignment);
  }

  answer(reply: HostReply): void {
    this.#answers.port1.postMessage(reply);
    Atomics.store(this.#answered, 0, reply.serial);
    Atomics.notify(this.#answered, 0);
  }

  phase(): PhaseReading | undefined {
    return this.#clock.read();
  }

  stop(): void {
    // The promise settles with the thread's exit, which has an event of its own.
    void this.#worker.terminate();
  }

  abandon(): void {
    this.#worker.unref();
  }
}
