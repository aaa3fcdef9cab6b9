import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { GuestPointerError } from '../../../lib/wapc/memory.js';
import { guest, text } from './guest.js';

const fd = suite('wasi/fd');

/** Rights as bits of `rights`: those a stream shares with the others, then its own direction. */
const common = (1n << 0n) | (1n << 3n) | (1n << 4n) | (1n << 21n) | (1n << 27n);
const readRight = 1n << 1n;
const writeRight = 1n << 6n;

for (const [number, rights] of [[0, common | readRight], [1, common | writeRight], [2, common | writeRight]] as const) {
  fd(`descriptor ${number} is a stream of unknown type without flags, with the rights of its direction`, () => {
    const { call, put, view } = guest();
    put(0, new Uint8Array(32).fill(0xff));
    assert.is(call('fd_fdstat_get', number, 0), 0);
    assert.is(view().getUint8(0), 0);
    assert.is(view().getUint8(1), 0);
    assert.is(view().getUint16(2, true), 0);
    assert.is(view().getUint32(4, true), 0);
    assert.is(view().getBigUint64(8, true), rights);
    assert.is(view().getBigUint64(16, true), 0n);
    assert.is(view().getUint8(24), 0xff, 'the record has 24 bytes');
  });
}

fd('flags are kept as set', () => {
  const { call, view } = guest();
  assert.is(call('fd_fdstat_set_flags', 1, 0b10101), 0);
  assert.is(call('fd_fdstat_get', 1, 0), 0);
  assert.is(view().getUint16(2, true), 0b10101);
  assert.is(call('fd_fdstat_set_flags', 1, 0b100000), 28, 'there is no such flag');
  assert.is(call('fd_fdstat_get', 2, 0), 0);
  assert.is(view().getUint16(2, true), 0, 'the flags of another descriptor');
});

fd('rights can be given up and not taken back', () => {
  const { call, vectors, view } = guest();
  vectors(0, [100, 1]);
  assert.is(call('fd_fdstat_set_rights', 1, writeRight | readRight, 0n), 76);
  assert.is(call('fd_fdstat_set_rights', 1, 0n, writeRight), 76);
  assert.is(call('fd_fdstat_set_rights', 1, writeRight, 0n), 0);
  assert.is(call('fd_write', 1, 0, 1, 16), 0);
  assert.is(call('fd_fdstat_set_rights', 1, 0n, 0n), 0);
  assert.is(call('fd_write', 1, 0, 1, 16), 76);
  assert.is(call('fd_fdstat_set_rights', 1, writeRight, 0n), 76);
  assert.is(call('fd_fdstat_get', 1, 24), 0);
  assert.is(view().getBigUint64(32, true), 0n);
});

for (const [name, ...args] of [
  ['fd_fdstat_set_flags', 1, 0],
  ['fd_filestat_get', 1, 0],
  ['fd_sync', 1],
  ['fd_datasync', 1],
] as const) {
  fd(`${name} needs a right of its own`, () => {
    const { call } = guest();
    assert.is(call(name, ...args), 0);
    call('fd_fdstat_set_rights', 1, writeRight, 0n);
    assert.is(call(name, ...args), 76);
  });
}

fd('a closed descriptor stays closed', () => {
  const { call } = guest();
  assert.is(call('fd_close', 2), 0);
  assert.is(call('fd_close', 2), 8);
  assert.is(call('fd_fdstat_get', 2, 0), 8);
});

fd('a renumbered descriptor takes the place of another', () => {
  const { call, put, vectors, stdout, stderr } = guest();
  put(100, 'x');
  vectors(0, [100, 1]);
  assert.is(call('fd_renumber', 2, 1), 0);
  assert.is(call('fd_write', 1, 0, 1, 16), 0);
  assert.is(call('fd_write', 2, 0, 1, 16), 8);
  assert.is(text(stderr.bytes()), 'x');
  assert.is(text(stdout.bytes()), '');
});

fd('a descriptor renumbered to itself stays open', () => {
  const { call } = guest();
  assert.is(call('fd_renumber', 1, 1), 0);
  assert.is(call('fd_fdstat_get', 1, 0), 0);
});

fd('only what is open is renumbered, onto what is open', () => {
  const { call } = guest();
  assert.is(call('fd_renumber', 9, 1), 8);
  assert.is(call('fd_renumber', 1, 9), 8);
  assert.is(call('fd_fdstat_get', 1, 0), 0);
});

for (const [name, ...args] of [
  ['fd_seek', 0n, 0, 0],
  ['fd_seek', 5n, 1, 0],
  ['fd_seek', -5n, 2, 0],
  ['fd_tell', 0],
  ['fd_pread', 0, 1, 0n, 0],
  ['fd_pwrite', 0, 1, 0n, 0],
] as const) {
  fd(`${name}(${args.join(', ')}) has no position to work with`, () => {
    for (const open of [0, 1, 2]) assert.is(guest().call(name, open, ...args), 70);
    assert.is(guest().call(name, 3, ...args), 8);
  });
}

fd('seeking needs one of three starting points', () => {
  assert.is(guest().call('fd_seek', 1, 0n, 3, 0), 28);
  assert.is(guest().call('fd_seek', 1, 0n, -1, 0), 28);
});

for (const [name, ...args] of [
  ['fd_fdstat_get', 0],
  ['fd_fdstat_set_flags', 0],
  ['fd_fdstat_set_rights', 0n, 0n],
  ['fd_filestat_get', 0],
  ['fd_sync'],
  ['fd_datasync'],
  ['fd_close'],
] as const) {
  fd(`${name} knows no descriptor but 0, 1 and 2`, () => {
    assert.equal([3, -1, 0x7fffffff].map((number) => guest().call(name, number, ...args)), [8, 8, 8]);
  });
}

fd('records that would lie outside memory end the guest', () => {
  for (const [name, offset] of [['fd_fdstat_get', 131_049], ['fd_filestat_get', 131_009]] as const) {
    assert.throws(() => guest().call(name, 1, offset), (thrown: unknown) => thrown instanceof GuestPointerError);
    assert.is(guest().call(name, 1, offset - 1), 0, 'the last place where it fits');
  }
});

fd.run();
