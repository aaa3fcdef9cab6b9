import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { GuestPointerError } from '../../../lib/wapc/memory.js';
import { createWasi } from '../../../lib/wasi/preview1.js';
import { maxTransferBytes, maxVectors } from '../../../lib/wasi/transfer.js';
import { guest, invoke, text } from './guest.js';
import { world } from './surroundings.js';

const transfer = suite('wasi/transfer');

transfer('writing returns success, not the count, which it stores (defect of @wapc/host)', () => {
  const { call, put, vectors, view, stdout } = guest();
  put(100, 'abc');
  vectors(0, [100, 3]);
  assert.is(call('fd_write', 1, 0, 1, 8), 0);
  assert.is(view().getUint32(8, true), 3);
  assert.is(text(stdout.bytes()), 'abc');
});

transfer('stderr is written as well, and apart from stdout (defect of @wapc/host)', () => {
  const { call, put, vectors, view, stdout, stderr } = guest();
  put(100, 'abc');
  vectors(0, [100, 1], [101, 2]);
  assert.is(call('fd_write', 2, 0, 2, 16), 0);
  assert.is(view().getUint32(16, true), 3);
  assert.is(text(stderr.bytes()), 'abc');
  assert.is(text(stdout.bytes()), '');
});

transfer('what was written no longer belongs to the guest', () => {
  const received: Uint8Array[] = [];
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { imports } = createWasi({ ...world().ports, stdout: (bytes) => received.push(bytes) }, () => memory);
  const bytes = new Uint8Array(memory.buffer);
  bytes.set([200, 0, 0, 0, 1, 0, 0, 0]);
  bytes[200] = 7;
  invoke(imports.wasi_snapshot_preview1['fd_write'], 1, 0, 1, 16);
  bytes[200] = 8;
  assert.equal(received.map((each) => [...each]), [[7]]);
});

transfer('a large buffer is handed over in pieces of at most 64 KiB', () => {
  const pieces: number[] = [];
  const memory = new WebAssembly.Memory({ initial: 3 });
  const { imports } = createWasi({ ...world().ports, stdout: (bytes) => pieces.push(bytes.byteLength) }, () => memory);
  new Uint32Array(memory.buffer).set([0, 3 * 65536 - 1]);
  invoke(imports.wasi_snapshot_preview1['fd_write'], 1, 0, 1, 16);
  assert.equal(pieces, [65536, 65536, 65535]);
});

transfer('more buffers than the limit make a short write', () => {
  const { call, vectors, view } = guest();
  const buffers = Array.from({ length: maxVectors + 1 }, () => [100_000, 1] as const);
  vectors(0, ...buffers);
  assert.is(call('fd_write', 1, 0, maxVectors + 1, 120_000), 0);
  assert.is(view().getUint32(120_000, true), maxVectors);
});

transfer('a count of buffers that would not fit in memory is cut the same way', () => {
  const { call, view } = guest();
  assert.is(call('fd_write', 1, 0, -1, 120_000), 0);
  assert.is(view().getUint32(120_000, true), 0);
});

transfer('more bytes than the limit make a short write', () => {
  const { call, vectors, view } = guest();
  const times = maxTransferBytes / 131_072;
  vectors(0, ...Array.from({ length: times + 1 }, () => [0, 131_072] as const));
  assert.is(call('fd_write', 1, 0, times + 1, 120_000), 0);
  assert.is(view().getUint32(120_000, true), maxTransferBytes);
});

transfer('no more than the limit is read at once', () => {
  const memory = new WebAssembly.Memory({ initial: 2 });
  const endless = { availableBytes: Number.MAX_SAFE_INTEGER, read: (target: Uint8Array) => target.byteLength };
  const { imports } = createWasi({ ...world().ports, stdin: endless }, () => memory);
  const times = maxTransferBytes / 65_536;
  const view = new DataView(memory.buffer);
  for (let index = 0; index <= times; index += 1) view.setBigUint64(index * 8, (65_536n << 32n) | 65_536n, true);
  assert.is(invoke(imports.wasi_snapshot_preview1['fd_read'], 0, 0, times + 1, 60_000), 0);
  assert.is(view.getUint32(60_000, true), maxTransferBytes);
});

transfer('reading fills buffer after buffer and tells how much', () => {
  const { call, vectors, view, hex } = guest([], 'abcdefgh');
  vectors(0, [100, 3], [200, 0], [300, 4]);
  assert.is(call('fd_read', 0, 0, 3, 24), 0);
  assert.is(view().getUint32(24, true), 7);
  assert.is(hex(100, 4), '61626300');
  assert.is(hex(300, 5), '6465666700');
});

transfer('an input that gives less than asked for ends the read, so that no gap is left', () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const trickle = { availableBytes: 100, read: (target: Uint8Array) => target.subarray(0, 2).fill(7).byteLength };
  const { imports } = createWasi({ ...world().ports, stdin: trickle }, () => memory);
  new Uint32Array(memory.buffer).set([100, 3, 200, 3]);
  assert.is(invoke(imports.wasi_snapshot_preview1['fd_read'], 0, 0, 2, 16), 0);
  assert.is(new Uint32Array(memory.buffer)[4], 2);
  assert.is(new Uint8Array(memory.buffer)[200], 0);
});

transfer('an empty pipe is an end of file that can pass', () => {
  const { call, vectors, view, stdin } = guest([], 'x');
  vectors(0, [100, 8]);
  const read = () => {
    assert.is(call('fd_read', 0, 0, 1, 24), 0);
    return view().getUint32(24, true);
  };
  assert.equal([read(), read(), read()], [1, 0, 0]);
  stdin.append(Uint8Array.of(1, 2, 3));
  assert.equal([read(), read()], [3, 0]);
});

for (const [title, name, fd] of [
  ['writing to stdin', 'fd_write', 0],
  ['reading from stdout', 'fd_read', 1],
  ['writing to what is not open', 'fd_write', 3],
  ['reading from what is not open', 'fd_read', -1],
] as const) {
  transfer(`${title} is a bad descriptor, before any pointer is looked at`, () => {
    assert.is(guest().call(name, fd, -1, -1, -1), 8);
  });
}

for (const name of ['fd_read', 'fd_write'] as const) {
  const fd = name === 'fd_read' ? 0 : 1;
  const refuses = (title: string, prepare: (target: ReturnType<typeof guest>) => readonly number[]) => {
    transfer(`${name} ends the guest for ${title}, and nothing was moved`, () => {
      const target = guest([], 'input');
      const args = prepare(target);
      assert.throws(() => target.call(name, fd, ...args), (thrown: unknown) => thrown instanceof GuestPointerError);
      assert.is(target.stdin.availableBytes, 5);
      assert.is(target.stdout.bytes().byteLength, 0);
    });
  };
  refuses('a list of buffers outside memory', () => [131_065, 1, 0]);
  refuses('a result outside memory', ({ vectors }) => (vectors(0, [100, 1]), [0, 1, 131_069]));
  refuses('a later buffer outside memory', ({ vectors }) => (vectors(0, [100, 1], [131_071, 2]), [0, 2, 16]));
  refuses('a length that wraps around', ({ vectors }) => (vectors(0, [100, 0xffffffff]), [0, 1, 16]));
}

transfer.run();
