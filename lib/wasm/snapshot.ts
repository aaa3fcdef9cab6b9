// The state of an instance at one moment, and the way back to it. Sound for modules that were proven resettable, as long as
// the memory has the size it had.
import type { ModuleLayout } from './module-layout.js';

/** Bytes that are looked at, kept and put back as one: finding shorter stretches costs more than writing these. */
const grainBytes = 4096;

/** A stretch of memory that is not zero. */
interface Stretch {
  readonly start: number;
  readonly bytes: Uint8Array;
}

/** What the host reaches of an instance. */
type Exports = WebAssembly.Instance['exports'];

/** A saved state. */
export class Snapshot {
  readonly #memory: WebAssembly.Memory | undefined;
  readonly #restoreGlobals: () => unknown;
  readonly #stretches: readonly Stretch[];
  readonly #memoryBytes: number;

  private constructor(exports: Exports, layout: ModuleLayout) {
    if (layout.globals === undefined) throw new Error('a snapshot was asked for of a module that is not resettable');
    const memory = layout.memory === undefined ? undefined : exports[layout.memory];
    if (memory !== undefined && !(memory instanceof WebAssembly.Memory)) throw new Error('the export of the memory is none');
    functionOf(exports, layout.globals.save)();
    this.#memory = memory;
    this.#restoreGlobals = functionOf(exports, layout.globals.restore);
    this.#memoryBytes = memory?.buffer.byteLength ?? 0;
    this.#stretches = memory === undefined ? [] : stretchesOf(new Uint8Array(memory.buffer));
  }

  /** Takes the state of an instance at this moment; it must not be executing. */
  static take({ exports }: WebAssembly.Instance, layout: ModuleLayout): Snapshot {
    return new Snapshot(exports, layout);
  }

  /** Bytes that the snapshot holds besides the instance's own. */
  get byteLength(): number {
    return this.#stretches.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  /** Whether the memory has grown since: no way leads back from that. */
  get hasGrown(): boolean {
    return this.#memory !== undefined && this.#memory.buffer.byteLength !== this.#memoryBytes;
  }

  /** Puts memory and globals back; the instance must not be executing. */
  restore(): void {
    if (this.hasGrown) throw new Error('an instance whose memory has grown cannot be put back');
    this.#restoreGlobals();
    if (this.#memory === undefined) return;
    const memory = new Uint8Array(this.#memory.buffer);
    let at = 0;
    for (const { start, bytes } of this.#stretches) {
      if (start > at) memory.fill(0, at, start);
      memory.set(bytes, start);
      at = start + bytes.length;
    }
    memory.fill(0, at);
  }
}

function functionOf(exports: Exports, name: string): () => unknown {
  const found = exports[name];
  if (typeof found !== 'function') throw new Error(`the export ${name} is no function`);
  return found as () => unknown;
}

function stretchesOf(memory: Uint8Array): readonly Stretch[] {
  const stretches: Stretch[] = [];
  // A memory's length is a multiple of both.
  const words = new Uint32Array(memory.buffer);
  const wordsPerGrain = grainBytes / 4;
  let start: number | undefined;
  for (let grain = 0; grain <= words.length / wordsPerGrain; grain += 1) {
    if (!isBlank(words, grain * wordsPerGrain, (grain + 1) * wordsPerGrain)) start ??= grain;
    else if (start !== undefined) {
      stretches.push({ start: start * grainBytes, bytes: memory.slice(start * grainBytes, grain * grainBytes) });
      start = undefined;
    }
  }
  return stretches;
}

/** Whether all words of a range are zero; the range may end beyond the words. */
function isBlank(words: Uint32Array, from: number, to: number): boolean {
  const end = Math.min(to, words.length);
  for (let at = from; at < end; at += 1) if (words[at] !== 0) return false;
  return true;
}
