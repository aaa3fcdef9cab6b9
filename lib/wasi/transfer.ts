// Moving bytes between guest memory and the standard streams: `fd_read` and `fd_write` with their scatter/gather lists.

import { right, type Descriptor } from './descriptors.js';
import { errno } from './errno.js';
import type { GuestMemory } from './guest-memory.js';
import type { WasiOutput, WasiPorts } from './ports.js';
import type { Session } from './session.js';
import type { WasiFunctions } from './wasi-function.js';

/** As many buffers as POSIX systems take in one call (IOV_MAX); what lies beyond makes a short read or write. */
export const maxVectors = 1024;

/** What one call moves at most, again by a short read or write: a few vectors can name the same gigabyte many times. */
export const maxTransferBytes = 16 * 1024 * 1024;

/** Outputs are handed over in copies of at most this size, so that no guest decides how much the host allocates. */
const maxPieceBytes = 64 * 1024;

const vectorBytes = 8;

/** Live views of the buffers a guest's list names, all checked before any is used, together at most `maxTransferBytes`. */
function buffersOf(memory: GuestMemory, pointer: number, count: number): readonly Uint8Array[] {
  const vectors = Math.min(count >>> 0, maxVectors);
  const list = memory.view(pointer, vectors * vectorBytes, 'list of buffers');
  const buffers: Uint8Array[] = [];
  let left = maxTransferBytes;
  for (let at = 0; at < vectors * vectorBytes; at += vectorBytes) {
    const buffer = memory.bytes(list.getUint32(at, true), list.getUint32(at + 4, true), 'buffer').subarray(0, left);
    left -= buffer.byteLength;
    buffers.push(buffer);
  }
  return buffers;
}

function outputOf(ports: WasiPorts, descriptor: Descriptor): WasiOutput {
  return descriptor.stream === 'stderr' ? ports.stderr : ports.stdout;
}

/** Hands a buffer over in pieces that no longer belong to the guest. */
function writePieces(buffer: Uint8Array, output: WasiOutput): void {
  for (let at = 0; at < buffer.byteLength; at += maxPieceBytes) output(buffer.slice(at, at + maxPieceBytes));
}

/** `fd_read` and `fd_write`. */
export function transferFunctions(session: Session): WasiFunctions {
  const { memory, ports } = session;
  return {
    fd_read(fd: number, vectors: number, count: number, resultPointer: number): number {
      const descriptor = session.descriptorFor(fd, right.fdRead);
      if (typeof descriptor === 'number') return descriptor;
      const result = memory.view(resultPointer, 4, 'fd_read: count of bytes');
      let total = 0;
      for (const buffer of buffersOf(memory, vectors, count)) {
        const moved = ports.stdin.read(buffer);
        total += moved;
        if (moved < buffer.byteLength) break;
      }
      result.setUint32(0, total, true);
      return errno.success;
    },

    fd_write(fd: number, vectors: number, count: number, resultPointer: number): number {
      const descriptor = session.descriptorFor(fd, right.fdWrite);
      if (typeof descriptor === 'number') return descriptor;
      const result = memory.view(resultPointer, 4, 'fd_write: count of bytes');
      let total = 0;
      for (const buffer of buffersOf(memory, vectors, count)) {
        writePieces(buffer, outputOf(ports, descriptor));
        total += buffer.byteLength;
      }
      result.setUint32(0, total, true);
      return errno.success;
    },
  };
}
