// The guests of one thread: their code, and for as many as there is room an instance that is ready for the next request.
import type { InstanceUse, NewInstanceReason } from '../../events.js';
import type { Outcome } from '../../outcome.js';
import type { SandboxCode } from '../bridge/sandbox-code.js';

import { Sandbox, type SandboxPorts } from './sandbox.js';

/** What the keeper needs of its thread. */
export interface KeeperPorts extends SandboxPorts {
  /** Bytes that all kept instances may take together. */
  readonly warmBytes: number;
  /** Whether the job at hand was stopped from outside. */
  readonly isInterrupted: () => boolean;
  /** Told before a guest's code runs for a request: what is counted per request begins anew. */
  readonly onBegin: (code: SandboxCode) => void;
}

/** What one operation came to. */
export interface SandboxRun {
  readonly outcome: Outcome;
  readonly instance: InstanceUse;
  /** What is left to do once the outcome is on its way. */
  readonly afterwards: Afterwards;
}

/** `put-back` is short; `replace` runs start functions, and nothing else may be begun until it is done. */
export type Afterwards = { readonly kind: 'nothing' } | { readonly kind: 'put-back' | 'replace'; readonly perform: () => void };

interface Kept {
  readonly code: SandboxCode;
  /** Ready for the next request. */
  sandbox: Sandbox | undefined;
  newBecause: NewInstanceReason;
  /** How many requests it served, and how many of these outgrew their instance. */
  runs: number;
  outgrown: number;
  /** Pages to spare that new instances get. */
  sparePages: number;
}

/** Spare pages beyond this many (8 MiB) would cost more to clear than a new instance costs. */
const maxSparePages = 128;

/** Keeps guests; the first use of one brings its code, later ones find it here. */
export class SandboxKeeper {
  readonly #ports: KeeperPorts;
  /** In the order of use, the last one last. */
  readonly #kept = new Map<number, Kept>();

  constructor(ports: KeeperPorts) {
    this.#ports = ports;
  }

  /** Runs one operation of a guest on an instance in the state after its start functions. */
  run(number: number, code: SandboxCode | undefined, operation: string, payload: Uint8Array): SandboxRun {
    const kept = this.#use(number, code);
    const { sandbox: warm } = kept;
    this.#ports.onBegin(kept.code);
    const instance: InstanceUse = warm === undefined ? { kind: 'new', because: kept.newBecause } : { kind: 'reset' };
    const sandbox = warm ?? new Sandbox(kept.code, this.#ports, kept.sparePages);
    const failure = warm === undefined ? sandbox.bringUp() : undefined;
    if (failure !== undefined) return { outcome: failure, instance, afterwards: { kind: 'nothing' } };
    // Until it is put back it is nobody's.
    kept.sandbox = undefined;
    return { outcome: sandbox.run(operation, payload), instance, afterwards: this.#afterwards(kept, sandbox) };
  }

  /** Lets go of guests that will not be asked any more. */
  forget(numbers: readonly number[]): void {
    for (const number of numbers) this.#kept.delete(number);
  }

  #use(number: number, code: SandboxCode | undefined): Kept {
    const kept = this.#kept.get(number) ?? (code === undefined ? undefined : newlyKept(code));
    if (kept === undefined) throw new Error(`the thread was never given the code of sandbox ${number}`);
    this.#kept.delete(number);
    this.#kept.set(number, kept);
    return kept;
  }

  #afterwards(kept: Kept, sandbox: Sandbox): Afterwards {
    if (kept.code.reuse.kind === 'never') return { kind: 'nothing' };
    kept.runs += 1;
    if (!sandbox.isReusable) {
      kept.newBecause = 'init-not-repeatable';
      return { kind: 'nothing' };
    }
    if (!sandbox.isWornOut) return { kind: 'put-back', perform: () => this.#putBack(kept, sandbox) };
    kept.newBecause = 'given-up';
    noteGrowth(kept, sandbox.outgrownPages);
    // An interrupted thread would trap in the start functions, and those that ask the host can only do so for a request.
    return this.#ports.isInterrupted() || !sandbox.isRepeatable ? { kind: 'nothing' } : { kind: 'replace', perform: () => this.#replace(kept) };
  }

  #putBack(kept: Kept, sandbox: Sandbox): void {
    sandbox.putBack();
    this.#keep(kept, sandbox);
  }

  #replace(kept: Kept): void {
    const sandbox = new Sandbox(kept.code, this.#ports, kept.sparePages);
    // What fails here will fail for the next request, which can be told so.
    if (sandbox.bringUp() === undefined && sandbox.isReusable) this.#keep(kept, sandbox);
  }

  #keep(kept: Kept, sandbox: Sandbox): void {
    kept.sandbox = sandbox;
    kept.newBecause = 'first';
    this.#makeRoom();
  }

  /** Lets go of the instances that were used longest ago until the others fit. */
  #makeRoom(): void {
    const warm = [...this.#kept.values()].flatMap((kept) => (kept.sandbox === undefined ? [] : [{ kept, bytes: kept.sandbox.byteLength }]));
    let excess = warm.reduce((sum, { bytes }) => sum + bytes, 0) - this.#ports.warmBytes;
    for (const { kept, bytes } of warm) {
      if (excess <= 0) return;
      kept.sandbox = undefined;
      excess -= bytes;
    }
  }
}

function newlyKept(code: SandboxCode): Kept {
  return { code, sandbox: undefined, newBecause: code.reuse.kind === 'never' ? code.reuse.because : 'first', runs: 0, outgrown: 0, sparePages: 0 };
}

/** Where most requests outgrow their instance, the next ones get as many pages to spare as it took. */
function noteGrowth(kept: Kept, pages: number): void {
  if (pages === 0) return;
  kept.outgrown += 1;
  if (kept.outgrown * 2 > kept.runs) kept.sparePages = Math.min(maxSparePages, kept.sparePages + pages);
}
