// One worker thread as the pool sees it: hand it a job, answer its host calls, end it.
import { MessageChannel, Worker } from 'node:worker_threads';

import type { ExchangeLimits } from '../../wapc/exchange.js';
import type { HostAnswer } from '../../wapc/protocol.js';
import { PhaseClock, type PhaseReading } from '../bridge/phase-clock.js';
import type { Assignment, WorkerMessage, WorkerStart } from '../bridge/wire.js';

/** JavaScript heap per thread in MiB: payloads and answers live there for a moment. Wasm memory is bounded in the module. */
const maxHeapMb = 256;

export interface WorkerSlotEvents {
  readonly onMessage: (message: WorkerMessage) => void;
  /** The thread is gone; `reason` says why when nobody asked for it. */
  readonly onExit: (reason: string) => void;
}

/** A running worker thread. */
export class WorkerSlot {
  readonly #worker: Worker;
  readonly #clock = new PhaseClock();
  readonly #signal = new SharedArrayBuffer(4);
  readonly #answers = new MessageChannel();
  readonly #known = new Set<string>();

  constructor(limits: ExchangeLimits, events: WorkerSlotEvents) {
    const start: WorkerStart = { phase: this.#clock.buffer, answerSignal: this.#signal, limits };
    this.#worker = new Worker(new URL('../worker/entry.js', import.meta.url), {
      workerData: { ...start, answers: this.#answers.port2 },
      transferList: [this.#answers.port2],
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
      name: 'wasmwarden-sandbox',
    });
    let reason = 'it ended by itself';
    this.#worker.on('message', events.onMessage);
    this.#worker.on('error', (error) => (reason = error instanceof Error ? error.message : String(error)));
    this.#worker.on('exit', () => {
      this.#answers.port1.close();
      events.onExit(reason);
    });
    this.#answers.port1.unref();
  }

  /** Hands over a job; the module travels along only the first time. */
  assign(assignment: Omit<Assignment, 'module'>, module: WebAssembly.Module): void {
    const isNew = !this.#known.has(assignment.digest);
    this.#known.add(assignment.digest);
    // The phase counts from here: a thread that never gets to it must not run without a limit.
    this.#clock.enter('start');
    this.#worker.postMessage({ ...assignment, module: isNew ? module : undefined });
  }

  /** Wakes the guest with the answer to its host call. */
  answer(answer: HostAnswer): void {
    this.#answers.port1.postMessage(answer);
    const signal = new Int32Array(this.#signal);
    Atomics.store(signal, 0, 1);
    Atomics.notify(signal, 0);
  }

  /** Which phase the guest is in. */
  get phase(): PhaseReading {
    return this.#clock.read();
  }

  /** Ends the thread, wherever it is. */
  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}
