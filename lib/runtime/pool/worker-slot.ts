// One worker thread: hand it a job, answer its host calls, interrupt and end it.
import { MessageChannel, Worker } from 'node:worker_threads';

import { messageOf } from '../../fault.js';
import { InterruptFlag } from '../bridge/interrupt-flag.js';
import { PhaseClock, type PhaseReading } from '../bridge/phase-clock.js';
import type { Assignment, HostReply, PoolMessage, WorkerStart } from '../bridge/wire.js';

import type { SandboxThread, StartThread, ThreadEvents } from './sandbox-thread.js';

/** JavaScript heap per thread in MiB: payloads and answers live there for a moment. Wasm memory is bounded in the module. */
const maxHeapMb = 256;

/** Starts worker threads that keep so many bytes of warm instances each. */
export function workerThreads(warmBytes: number): StartThread {
  return (events) => new WorkerSlot(warmBytes, events);
}

class WorkerSlot implements SandboxThread {
  readonly #worker: Worker;
  readonly #clock = new PhaseClock();
  readonly #interrupt = new InterruptFlag();
  readonly #answered = new Int32Array(new SharedArrayBuffer(4));
  readonly #answers = new MessageChannel();

  constructor(warmBytes: number, events: ThreadEvents) {
    const start: WorkerStart = { phase: this.#clock.buffer, answered: this.#answered.buffer, interrupt: this.#interrupt.memory, warmBytes };
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
    this.#tell(assignment);
  }

  answer(reply: HostReply): void {
    this.#answers.port1.postMessage(reply);
    Atomics.store(this.#answered, 0, reply.serial);
    Atomics.notify(this.#answered, 0);
  }

  phase(): PhaseReading | undefined {
    return this.#clock.read();
  }

  interrupt(): void {
    this.#interrupt.raise();
  }

  calm(): void {
    this.#interrupt.clear();
  }

  forget(sandboxes: readonly number[]): void {
    this.#tell({ kind: 'forget', sandboxes });
  }

  stop(): void {
    // The promise settles with the thread's exit, which has an event of its own.
    void this.#worker.terminate();
  }

  abandon(): void {
    this.#worker.unref();
  }

  #tell(message: PoolMessage): void {
    this.#worker.postMessage(message);
  }
}
