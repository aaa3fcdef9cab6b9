// One guest in its sandbox: the instance, what the host remembers for it, and the way back to the state after its start
// functions. Which guests are kept is sandbox-keeper.ts's business.
import type { GuestPhase, Outcome } from '../../outcome.js';
import { Guest, type StartFailure } from '../../wapc/guest.js';
import type { HostCallHandler } from '../../wapc/protocol.js';
import type { ModuleLayout } from '../../wasm/module-layout.js';
import { Snapshot } from '../../wasm/snapshot.js';
import type { WasiClock } from '../../wasi/ports.js';
import { createWasi, type Wasi } from '../../wasi/preview1.js';
import type { WasiState } from '../../wasi/session.js';
import { InputPipe, LineSplitter } from '../../wasi/stdio.js';
import type { SandboxCode } from '../bridge/sandbox-code.js';
import type { OutputSource } from '../bridge/wire.js';

/** What a sandbox reaches of its thread. */
export interface SandboxPorts {
  readonly hostCall: HostCallHandler;
  readonly write: (source: OutputSource, text: string) => void;
  readonly onPhase: (phase: GuestPhase) => void;
  readonly clock: WasiClock;
  readonly randomFill: (bytes: Uint8Array) => void;
  readonly sleep: (durationMs: number) => void;
  /** The memory that compiled checks look at: see bridge/interrupt-flag.ts. */
  readonly interruptMemory: WebAssembly.Memory;
}

/** Output lines of one evaluation per stream; what follows is counted and dropped. */
const outputLimits = { maxLineBytes: 8 * 1024, maxLines: 1000 };

/** One instance of a guest, brought up once. */
export class Sandbox {
  readonly #code: SandboxCode;
  readonly #sparePages: number;
  readonly #guest: Guest;
  readonly #wasi: Wasi;
  readonly #streams: readonly LineSplitter[];
  readonly #memory: WebAssembly.Memory | undefined;
  #isRepeatable = false;
  #saved: { readonly snapshot: Snapshot; readonly wasi: WasiState; readonly pages: number } | undefined;

  /** @param sparePages pages of memory that it can grow into and still be put back; each costs the time to clear it */
  constructor(code: SandboxCode, ports: SandboxPorts, sparePages = 0) {
    this.#code = code;
    this.#sparePages = sparePages;
    const [stdout, stderr] = [lines('stdout', ports), lines('stderr', ports)];
    this.#streams = [stdout, stderr];
    const { clock, randomFill, sleep, hostCall, onPhase } = ports;
    // waPC guests read nothing: their requests come by the protocol.
    const wasiPorts = { args: [], clock, randomFill, sleep, stdin: new InputPipe(0), stdout: (bytes: Uint8Array) => stdout.write(bytes), stderr: (bytes: Uint8Array) => stderr.write(bytes) };
    this.#wasi = createWasi(wasiPorts, () => this.#guest.memory);
    this.#memory = memoryFor(code.layout);
    const imports = withImport(withImport({ ...this.#wasi.imports }, code.layout.memoryImport, this.#memory), code.layout.epochImport, ports.interruptMemory);
    this.#guest = new Guest({ hostCall, limits: code.limits, importedMemory: this.#memory, onPhase, consoleLog: (text) => ports.write('console', text), imports: () => imports });
  }

  /** Whether it can be put back, and then serve again. */
  get isReusable(): boolean {
    return this.#saved !== undefined;
  }

  /** Whether its start functions would do the same once more: they asked nobody for anything. */
  get isRepeatable(): boolean {
    return this.#isRepeatable;
  }

  /** Whether putting it back is no longer enough: it grew beyond what was saved, or its end leaves it in doubt. */
  get isWornOut(): boolean {
    return this.#guest.isSpoiled || this.#saved?.snapshot.hasGrown === true;
  }

  /** Pages by which it has outgrown what was saved. */
  get outgrownPages(): number {
    return this.#saved === undefined ? 0 : pagesOf(this.#guest.memory) - this.#saved.pages;
  }

  /** What it and its saved state take, in bytes. */
  get byteLength(): number {
    return this.#guest.memory.buffer.byteLength + (this.#saved?.snapshot.byteLength ?? 0);
  }

  /**
   * Instantiates the guest, runs its start functions, and saves the state after them where it may serve more than once.
   *
   * @returns why the guest could not be brought up, or nothing when it is ready
   */
  bringUp(): StartFailure | undefined {
    const { module, layout, reuse } = this.#code;
    const failure = this.#guest.start(module);
    this.#flush();
    const { instance, hostCalls } = this.#guest;
    if (failure !== undefined || instance === undefined) return failure;
    const wasi = this.#wasi.save();
    this.#isRepeatable = wasi.clockReads === 0 && wasi.randomReads === 0 && hostCalls === 0;
    if (reuse.kind === 'reset' && (reuse.repeatsInit || this.#isRepeatable)) {
      if (this.#sparePages > 0) growAsFarAsMay(this.#guest.memory, this.#sparePages);
      this.#saved = { snapshot: Snapshot.take(instance, layout), wasi, pages: pagesOf(this.#guest.memory) };
    }
    return undefined;
  }

  /** Runs one operation; whatever the guest does becomes an outcome. */
  run(operation: string, payload: Uint8Array): Outcome {
    const outcome = this.#guest.call(operation, payload);
    this.#flush();
    return outcome;
  }

  /** Puts everything back to the state after the start functions: the instance, and what the host remembers for it. */
  putBack(): void {
    if (this.#saved === undefined) throw new Error('a sandbox was to be put back that cannot be');
    this.#guest.forget();
    this.#wasi.restore(this.#saved.wasi);
    this.#saved.snapshot.restore();
  }

  #flush(): void {
    for (const stream of this.#streams) stream.flush();
  }
}

/** The memory for a guest that imports one. */
function memoryFor({ memoryImport }: ModuleLayout): WebAssembly.Memory | undefined {
  return memoryImport === undefined ? undefined : new WebAssembly.Memory({ initial: memoryImport.initialPages, maximum: memoryImport.maximumPages });
}

const pageBytes = 64 * 1024;

function pagesOf({ buffer }: WebAssembly.Memory): number {
  return buffer.byteLength / pageBytes;
}

/** Spare pages beyond the memory's maximum are of no use to the guest either. */
function growAsFarAsMay(memory: WebAssembly.Memory, pages: number): void {
  try {
    memory.grow(pages);
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
  }
}

function withImport(imports: WebAssembly.Imports, site: { readonly module: string; readonly name: string } | undefined, value: WebAssembly.Memory | undefined): WebAssembly.Imports {
  if (site === undefined || value === undefined) return imports;
  return { ...imports, [site.module]: { ...imports[site.module], [site.name]: value } };
}

function lines(source: OutputSource, { write }: SandboxPorts): LineSplitter {
  return new LineSplitter(outputLimits, {
    line: (text) => write(source, text),
    dropped: (count) => write(source, `(${count} more lines were dropped)`),
  });
}
