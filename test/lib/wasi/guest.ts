// A guest without code: a memory, and its WASI functions called by name as compiled code would call them.

import { createWasi } from '../../../lib/wasi/preview1.js';
import type { WasiState } from '../../../lib/wasi/session.js';
import { world, type World } from './surroundings.js';

/** A guest under test. */
export interface Guest extends World {
  /** Two pages. */
  readonly memory: WebAssembly.Memory;
  /** Calls a function of preview 1. */
  readonly call: (name: string, ...args: readonly (number | bigint)[]) => unknown;
  /** Calls the same function under the other name. */
  readonly callUnstable: (name: string, ...args: readonly (number | bigint)[]) => unknown;
  /** The memory as numbers, derived anew. */
  readonly view: () => DataView;
  /** Copies bytes into memory. */
  readonly put: (offset: number, bytes: Uint8Array | string) => void;
  /** Bytes of memory as hex. */
  readonly hex: (offset: number, length: number) => string;
  /** Writes a list of buffers at an offset; the count is the number of buffers. */
  readonly vectors: (offset: number, ...buffers: readonly (readonly [pointer: number, length: number])[]) => void;
  readonly save: () => WasiState;
  readonly restore: (state: WasiState) => void;
}

/** Calls a function that WebAssembly would call, or that it exports. */
export function invoke(target: unknown, ...args: readonly (number | bigint)[]): unknown {
  if (typeof target !== 'function') throw new Error('there is no such function');
  return Reflect.apply(target, undefined, args);
}

/** A new guest in a new world. */
export function guest(args?: readonly string[], stdinText?: string): Guest {
  const surroundings = world(args, stdinText);
  const memory = new WebAssembly.Memory({ initial: 2 });
  const wasi = createWasi(surroundings.ports, () => memory);
  const bytes = () => new Uint8Array(memory.buffer);
  const view = () => new DataView(memory.buffer);
  return {
    ...surroundings,
    memory,
    call: (name, ...values) => invoke(wasi.imports.wasi_snapshot_preview1[name], ...values),
    callUnstable: (name, ...values) => invoke(wasi.imports.wasi_unstable[name], ...values),
    view,
    put: (offset, data) => bytes().set(typeof data === 'string' ? new TextEncoder().encode(data) : data, offset),
    hex: (offset, length) => Buffer.from(bytes().slice(offset, offset + length)).toString('hex'),
    vectors: (offset, ...buffers) => {
      for (const [index, [pointer, length]] of buffers.entries()) {
        view().setUint32(offset + index * 8, pointer, true);
        view().setUint32(offset + index * 8 + 4, length, true);
      }
    },
    save: () => wasi.save(),
    restore: (state) => wasi.restore(state),
  };
}

/** Text that a guest wrote. */
export function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
