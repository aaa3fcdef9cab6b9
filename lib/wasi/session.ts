// What the WASI functions of one guest share: its ports, its memory, and the little state the host keeps for it.

import { permitted, standardStreams, type Descriptor, type DescriptorTable } from './descriptors.js';
import type { Errno } from './errno.js';
import { GuestMemory, type MemorySource } from './guest-memory.js';
import type { WasiPorts } from './ports.js';

/**
 * All that the host remembers of a guest between two calls of it, as one immutable value.
 *
 * The counts tell what the guest has learned that would differ next time: a state reached after reading a clock or
 * random bytes is not the state another start would reach.
 */
export interface WasiState {
  readonly descriptors: DescriptorTable;
  /** How often a clock was read, by `clock_time_get` or for an absolute time in `poll_oneoff`. */
  readonly clockReads: number;
  /** How often random bytes were handed out; asking for none does not count. */
  readonly randomReads: number;
}

const initialState: WasiState = { descriptors: standardStreams, clockReads: 0, randomReads: 0 };

/** The clocks there are, as `clockid` numbers them; the two CPU-time clocks (2 and 3) do not exist here. */
export const clockId = { realtime: 0, monotonic: 1 } as const;

/** The number of a clock that exists. */
export type ClockId = (typeof clockId)[keyof typeof clockId];

/** Tells whether a guest named a clock that exists. */
export function isClockId(id: number): id is ClockId {
  return id === clockId.realtime || id === clockId.monotonic;
}

/** One guest as its WASI functions see it. */
export class Session {
  readonly ports: WasiPorts;
  readonly memory: GuestMemory;
  state = initialState;

  constructor(ports: WasiPorts, memory: MemorySource) {
    this.ports = ports;
    this.memory = new GuestMemory(memory);
  }

  /** The open descriptor of that number; a guest passes any i32, read as u32. */
  descriptor(fd: number): Descriptor | undefined {
    return this.state.descriptors.get(fd >>> 0);
  }

  /** The open descriptor if it has the rights, else the error number to answer with. */
  descriptorFor(fd: number, rights: bigint): Descriptor | Errno {
    return permitted(this.descriptor(fd), rights);
  }

  /** Puts descriptors in place (or away, where the value is `undefined`). */
  setDescriptors(...changes: readonly (readonly [fd: number, descriptor: Descriptor | undefined])[]): void {
    const descriptors = new Map(this.state.descriptors);
    for (const [fd, descriptor] of changes) {
      if (descriptor === undefined) descriptors.delete(fd >>> 0);
      else descriptors.set(fd >>> 0, descriptor);
    }
    this.state = { ...this.state, descriptors };
  }

  /** Nanoseconds of a clock, as u64. */
  readClock(id: ClockId): bigint {
    this.state = { ...this.state, clockReads: this.state.clockReads + 1 };
    const { clock } = this.ports;
    return BigInt.asUintN(64, id === clockId.realtime ? clock.realtimeNs() : clock.monotonicNs());
  }

  /** Fresh random bytes, at most 64 KiB. */
  readRandom(length: number): Uint8Array<ArrayBuffer> {
    this.state = { ...this.state, randomReads: this.state.randomReads + 1 };
    const bytes = new Uint8Array(length);
    this.ports.randomFill(bytes);
    return bytes;
  }
}
