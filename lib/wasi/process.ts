// What a guest asks about itself and the world: arguments, environment, clocks, randomness, leaving.

import { GuestExit } from '../outcome.js';
import { errno } from './errno.js';
import { clockId, isClockId, type ClockId, type Session } from './session.js';
import type { WasiFunctions } from './wasi-function.js';

/** Nanoseconds by clock id; what the injected clocks claim, not what they measure. */
const clockResolutionNs: Readonly<Record<ClockId, bigint>> = { [clockId.realtime]: 1000n, [clockId.monotonic]: 1n };

/** Random bytes are made in pieces, so that a request for a gigabyte allocates nothing and can be stopped. */
const maxRandomPieceBytes = 64 * 1024;

/** `args_*` for arguments that are fixed for the guest's life. */
function argumentFunctions({ memory, ports }: Session): WasiFunctions {
  const encoder = new TextEncoder();
  const args = ports.args.map((text) => encoder.encode(`${text}\0`));
  const totalBytes = args.reduce((sum, bytes) => sum + bytes.byteLength, 0);
  return {
    args_get(argv: number, buffer: number): number {
      const pointers = memory.view(argv, args.length * 4, 'args_get: pointers');
      const target = memory.bytes(buffer, totalBytes, 'args_get: buffer');
      let offset = 0;
      for (const [index, bytes] of args.entries()) {
        pointers.setUint32(index * 4, (buffer + offset) >>> 0, true);
        target.set(bytes, offset);
        offset += bytes.byteLength;
      }
      return errno.success;
    },
    args_sizes_get(count: number, bytes: number): number {
      memory.writeU32(count, args.length, 'args_sizes_get: count');
      memory.writeU32(bytes, totalBytes, 'args_sizes_get: bytes');
      return errno.success;
    },
  };
}

/** `environ_*` for an environment that is always empty. */
function environmentFunctions({ memory }: Session): WasiFunctions {
  return {
    environ_get: () => errno.success,
    environ_sizes_get(count: number, bytes: number): number {
      memory.writeU32(count, 0, 'environ_sizes_get: count');
      memory.writeU32(bytes, 0, 'environ_sizes_get: bytes');
      return errno.success;
    },
  };
}

/** `clock_*` and `random_get`: what makes two runs of the same guest differ. */
function chanceFunctions(session: Session): WasiFunctions {
  const { memory } = session;
  return {
    clock_res_get(id: number, result: number): number {
      if (!isClockId(id)) return errno.inval;
      memory.writeU64(result, clockResolutionNs[id], 'clock_res_get');
      return errno.success;
    },
    clock_time_get(id: number, _precision: bigint, result: number): number {
      if (!isClockId(id)) return errno.inval;
      const target = memory.view(result, 8, 'clock_time_get');
      target.setBigUint64(0, session.readClock(id), true);
      return errno.success;
    },
    random_get(pointer: number, length: number): number {
      const target = memory.bytes(pointer, length, 'random_get');
      for (let at = 0; at < target.byteLength; at += maxRandomPieceBytes) {
        // A copy and not the guest's own bytes: memory shared between threads is refused by the platform's generators.
        target.set(session.readRandom(Math.min(maxRandomPieceBytes, target.byteLength - at)), at);
      }
      return errno.success;
    },
  };
}

/** `args_*`, `environ_*`, `clock_*`, `random_get`, `proc_*` and `sched_yield`. */
export function processFunctions(session: Session): WasiFunctions {
  return {
    ...argumentFunctions(session),
    ...environmentFunctions(session),
    ...chanceFunctions(session),
    proc_exit(code: number): never {
      throw new GuestExit(code >>> 0);
    },
    proc_raise: () => errno.notsup,
    sched_yield: () => errno.success,
  };
}
