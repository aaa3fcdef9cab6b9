// The least WASI that lets compiled guests run and shows what they print. The real one is lib/wasi; guests are proven
// without it, so that both cannot be wrong in the same way.

import { GuestExit } from '../../lib/outcome.js';

type Print = (text: string) => void;

/** `wasi_snapshot_preview1` without files, environment or arguments; random bytes are zeros. */
export function bareWasi(memory: () => WebAssembly.Memory, print: Print): WebAssembly.Imports {
  const view = () => new DataView(memory().buffer);
  return {
    wasi_snapshot_preview1: {
      environ_get: () => 0,
      environ_sizes_get: (count: number, bytes: number) => {
        view().setUint32(count, 0, true);
        view().setUint32(bytes, 0, true);
        return 0;
      },
      fd_close: () => 0,
      fd_seek: () => 0,
      fd_write: (_fd: number, vectors: number, count: number, written: number) => {
        const pieces = Array.from({ length: count }, (_, index) => bytesAt(view(), vectors + 8 * index));
        view().setUint32(written, pieces.reduce((sum, piece) => sum + piece.length, 0), true);
        print(new TextDecoder().decode(Uint8Array.from(pieces.flatMap((piece) => [...piece]))));
        return 0;
      },
      proc_exit: (code: number) => {
        throw new GuestExit(code);
      },
      random_get: (pointer: number, length: number) => {
        new Uint8Array(memory().buffer, pointer, length).fill(0);
        return 0;
      },
    },
  };
}

/** The bytes an io vector (pointer, length) names. */
function bytesAt(view: DataView, vector: number): Uint8Array {
  return new Uint8Array(view.buffer, view.getUint32(vector, true), view.getUint32(vector + 4, true));
}
