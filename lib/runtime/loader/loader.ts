// The serving thread's end of the loader: one thread for a batch of modules, ended with it.
import { Worker } from 'node:worker_threads';

import { Fault } from '../../fault.js';
import { faultOfRecord } from '../bridge/wire.js';

import type { LoadLimits, LoadReply, LoadedModule, LoadRequest, ModuleSource } from './module-load.js';

/** JavaScript heap of the loader in MiB: a module of the largest size is held a few times over. */
const maxHeapMb = 1024;

interface Waiting {
  readonly resolve: (loaded: LoadedModule) => void;
  readonly reject: (reason: Fault) => void;
  readonly timer: NodeJS.Timeout;
}

/** Loads modules in a thread of its own; dispose of it when the batch is done. */
export class Loader implements AsyncDisposable {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #nextId = 1;
  #isClosed = false;

  /**
   * Reads, proves, rewrites and compiles one module.
   *
   * @throws {Fault} `MODULE_*`, `WASM_*` or `METADATA_INVALID` with one sentence; `MODULE_LOAD_TIMEOUT` when it takes too
   *   long; `RUNTIME_CLOSED` when the loader was disposed of
   */
  async load(source: ModuleSource, limits: LoadLimits): Promise<LoadedModule> {
    if (this.#isClosed) throw closedFault();
    const worker = (this.#worker ??= this.#start());
    const id = this.#nextId++;
    const request: LoadRequest = { id, source, limits };
    worker.postMessage(request);
    return new Promise((resolve, reject) => {
      const tooSlow = new Fault('MODULE_LOAD_TIMEOUT', `Cannot load the module: checking and compiling it took longer than ${limits.loadMs} ms.`);
      const timer = setTimeout(() => this.#giveUp(worker, tooSlow), limits.loadMs);
      this.#waiting.set(id, { resolve, reject, timer });
    });
  }

  /** Ends the thread; a module it is working on ends with `RUNTIME_CLOSED`, and is not waited for. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    const worker = this.#worker;
    const isIdle = this.#waiting.size === 0;
    if (worker === undefined) return;
    this.#giveUp(worker, closedFault());
    if (isIdle) await worker.terminate();
  }

  #start(): Worker {
    const worker = new Worker(new URL('./entry.js', import.meta.url), { resourceLimits: { maxOldGenerationSizeMb: maxHeapMb }, name: 'wasmwarden-loader' });
    const lost = (cause?: unknown): void =>
      this.#giveUp(worker, new Fault('MODULE_INVALID', 'Cannot load the module: the loader ended while working on it (too little memory?).', { cause }));
    return worker.on('message', (reply: LoadReply) => this.#receive(reply)).on('error', lost).on('exit', () => lost());
  }

  #receive(reply: LoadReply): void {
    const waiting = this.#waiting.get(reply.id);
    if (waiting === undefined) return;
    this.#waiting.delete(reply.id);
    clearTimeout(waiting.timer);
    if (reply.kind === 'loaded') waiting.resolve(reply.loaded);
    else waiting.reject(faultOfRecord(reply.fault));
  }

  /** Gives up a thread and what waits for it; the next module gets a new one. */
  #giveUp(worker: Worker, reason: Fault): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    // Not awaited: a thread inside a system call that does not return would hold everybody up.
    void worker.terminate();
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(reason);
    }
    this.#waiting.clear();
  }
}

function closedFault(): Fault {
  return new Fault('RUNTIME_CLOSED', 'The runtime is closed.');
}
