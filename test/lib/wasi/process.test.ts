import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { GuestExit } from '../../../lib/outcome.js';
import { GuestPointerError } from '../../../lib/wapc/memory.js';
import { createWasi } from '../../../lib/wasi/preview1.js';
import { guest, invoke } from './guest.js';
import { startNs, world } from './surroundings.js';

const process = suite('wasi/process');

process('arguments are UTF-8, ended by zero bytes, and pointed at one by one', () => {
  const { call, hex, view } = guest(['policy.wasm', 'größe', '']);
  assert.is(call('args_sizes_get', 0, 4), 0);
  assert.is(view().getUint32(0, true), 3);
  assert.is(view().getUint32(4, true), 12 + 8 + 1);
  assert.is(call('args_get', 100, 200), 0);
  assert.equal([0, 4, 8].map((offset) => view().getUint32(100 + offset, true)), [200, 212, 220]);
  assert.is(hex(200, 21), Buffer.from('policy.wasm\0größe\0\0').toString('hex'));
});

process('a guest without arguments gets none', () => {
  const { call, hex } = guest([]);
  assert.is(call('args_sizes_get', 0, 4), 0);
  assert.is(hex(0, 8), '0000000000000000');
  assert.is(call('args_get', -1, -1), 0);
});

process('the environment is empty', () => {
  const { call, hex, put } = guest();
  put(0, Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255));
  assert.is(call('environ_sizes_get', 0, 4), 0);
  assert.is(hex(0, 8), '0000000000000000');
  assert.is(call('environ_get', 0, 0), 0);
});

process('clocks are the injected ones, in nanoseconds', () => {
  const { call, view, ports } = guest();
  ports.sleep(1.5);
  assert.is(call('clock_time_get', 0, 1000n, 8), 0);
  assert.is(view().getBigUint64(8, true), startNs + 1_500_000n);
  assert.is(call('clock_time_get', 1, 0n, 16), 0);
  assert.is(view().getBigUint64(16, true), 1_001_500_000n);
});

process('every clock that exists has a resolution, and no other is answered', () => {
  const { call, view, hex } = guest();
  for (const id of [0, 1]) {
    assert.is(call('clock_res_get', id, 0), 0);
    assert.ok(view().getBigUint64(0, true) > 0n);
  }
  for (const id of [2, 3, 4, -1]) {
    assert.is(call('clock_res_get', id, 8), 28);
    assert.is(call('clock_time_get', id, 0n, 8), 28);
  }
  assert.is(hex(8, 8), '0000000000000000');
});

process('random bytes fill exactly the range asked for', () => {
  const { call, hex } = guest();
  assert.is(call('random_get', 10, 4), 0);
  assert.is(hex(9, 6), '000102030400');
});

process('many random bytes are made in pieces of at most 64 KiB', () => {
  const { call, memory, randomLengths } = guest();
  assert.is(call('random_get', 0, memory.buffer.byteLength), 0);
  assert.equal(randomLengths, [65536, 65536]);
});

process('no random bytes are made when none, or more than memory holds, are asked for', () => {
  const { call, randomLengths } = guest();
  assert.is(call('random_get', -1, 0), 0);
  assert.throws(() => call('random_get', 131072 - 3, 4), (thrown: unknown) => thrown instanceof GuestPointerError);
  assert.throws(() => call('random_get', 0, -1), (thrown: unknown) => thrown instanceof GuestPointerError);
  assert.equal(randomLengths, []);
});

process('random bytes reach a memory that threads share, though generators refuse such memory', () => {
  const shared = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const randomFill = (bytes: Uint8Array<ArrayBuffer>) => void globalThis.crypto.getRandomValues(bytes);
  const { imports } = createWasi({ ...world().ports, randomFill }, () => shared);
  assert.is(invoke(imports.wasi_snapshot_preview1['random_get'], 0, 64), 0);
  assert.ok(new Uint8Array(shared.buffer).subarray(0, 64).some((byte) => byte !== 0));
});

for (const [code, expected] of [[0, 0], [3, 3], [-1, 4294967295]] as const) {
  process(`proc_exit(${code}) leaves the guest with code ${expected}`, () => {
    assert.throws(() => guest().call('proc_exit', code), (thrown: unknown) => thrown instanceof GuestExit && thrown.code === expected);
  });
}

process('a signal is not raised, yielding is nothing', () => {
  assert.is(guest().call('proc_raise', 9), 58);
  assert.is(guest().call('sched_yield'), 0);
});

const badPointers: readonly (readonly [string, ...(number | bigint)[]])[] = [
  ['args_sizes_get', 131069, 0],
  ['args_sizes_get', 0, 131069],
  ['args_get', 131069, 0],
  ['args_get', 0, 131061],
  ['environ_sizes_get', -1, 0],
  ['environ_sizes_get', 0, -1],
  ['clock_res_get', 0, 131065],
  ['clock_time_get', 0, 0n, 131065],
];
for (const [name, ...args] of badPointers) {
  process(`${name}(${args.join(', ')}) ends the guest: its result would lie outside memory`, () => {
    assert.throws(() => guest().call(name, ...args), (thrown: unknown) => thrown instanceof GuestPointerError);
  });
}

process.run();
