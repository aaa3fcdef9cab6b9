// The serving thread's end of the loader: one thread for a batch of modules, ended with it.
import { Worker } from 'node:worker_threads';

import { Fault } from '../../fault.js';
import type { ModuleLimits } from '../../wasm/limits.js';
import { faultOfRecord } from '../bridge/wire.js';

import type { LoadReply, LoadedModule, ModuleSource } from './module-load.js';

/** JavaScript heap of the loader in MiB: a module of the largest size is held a few times over. */
const maxHeapMb = 1024;

/** Loads modules one after the other in a thread of its own; dispose of it when the batch is done. */
export class Loader implements AsyncDisposable {
  readonly #limits: ModuleLimits;
  readonly #timeoutMs: number;
  #worker: Worker | undefined;
  #nextId = 1;

  constructor(limits: ModuleLimits, timeoutMs: number) {
    this.#limits = limits;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Reads, checks, limits and compiles one module.
   *
   * @throws {Fault} `MODULE_*` or `WASM_*` with one sentence; `MODULE_LOAD_TIMEOUT` when it takes too long
   */
  async load(source: ModuleSource): Promise<LoadedModule> {
    this.#worker ??= new Worker(new URL('./entry.js', import.meta.url), { resourceLimits: { maxOldGenerationSizeMb: maxHeapMb }, name: 'wasmwarden-loader' });
    const worker = this.#worker;
    const id = this.#nextId++;
    const { promise, settle } = this.#reply(worker, id);
    try {
      worker.postMessage({ id, source, limits: this.#limits });
      return await promise;
    } finally {
      settle();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate();
    this.#worker = undefined;
  }

  #reply(worker: Worker, id: number): { readonly promise: Promise<LoadedModule>; readonly settle: () => void } {
    let settle = (): void => undefined;
    const promise = new Promise<LoadedModule>((resolve, reject) => {
      const onMessage = (reply: LoadReply): void => {
        if (reply.id !== id) return;
        if (reply.kind === 'loaded') resolve(reply.loaded);
        else reject(faultOfRecord(reply.fault));
      };
      const onEnd = (cause?: unknown): void => {
        this.#worker = undefined;
        reject(new Fault('MODULE_INVALID', 'Cannot load the module: the loader ended while working on it (too little memory?).', { cause }));
      };
      const timer = setTimeout(() => {
        this.#worker = undefined;
        void worker.terminate();
        reject(new Fault('MODULE_LOAD_TIMEOUT', `Cannot load the module: checking and compiling it took longer than ${this.#timeoutMs} ms.`));
      }, this.#timeoutMs);
      worker.on('message', onMessage).on('error', onEnd).on('exit', onEnd);
      settle = (): void => {
        clearTimeout(timer);
        worker.off('message', onMessage).off('error', onEnd).off('exit', onEnd);
      };
    });
    return { promise, settle };
  }
}
