import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { preview1Layout, snapshot0Layout, type SnapshotLayout } from '../../../lib/wasi/layout.js';
import { guest, type Guest } from './guest.js';

const layout = suite('wasi/layout');

/** A record's fields as witx declares them, by the size of each in bytes (which is its alignment as well). */
type Fields = readonly (readonly [name: string, bytes: number])[];

/** Where C-like alignment puts each field, and how long the record is. */
function laidOut(fields: Fields): { readonly offsets: Readonly<Record<string, number>>; readonly bytes: number } {
  const offsets: Record<string, number> = {};
  let end = 0;
  for (const [name, size] of fields) {
    const start = Math.ceil(end / size) * size;
    offsets[name] = start;
    end = start + size;
  }
  const alignment = Math.max(...fields.map(([, size]) => size));
  return { offsets, bytes: Math.ceil(end / alignment) * alignment };
}

const filestat = (nlinkBytes: number): Fields => [['dev', 8], ['ino', 8], ['filetype', 1], ['nlink', nlinkBytes], ['size', 8], ['atim', 8], ['mtim', 8], ['ctim', 8]];
const clock: Fields = [['id', 4], ['timeout', 8], ['precision', 8], ['flags', 2]];

/** Behind `userdata` and the tag, aligned for the 64-bit numbers in it. */
const unionOffset = 16;

const tables: readonly (readonly [string, SnapshotLayout, Fields, Fields])[] = [
  ['preview 1', preview1Layout, filestat(8), clock],
  ['snapshot 0', snapshot0Layout, filestat(4), [['identifier', 8], ...clock]],
];
for (const [name, table, filestatFields, clockFields] of tables) {
  layout(`the records of ${name} are those of its witx`, () => {
    assert.is(table.filestatBytes, laidOut(filestatFields).bytes);
    assert.is(table.subscriptionBytes, unionOffset + laidOut(clockFields).bytes);
    assert.is(table.clockIdOffset, unionOffset + (laidOut(clockFields).offsets['id'] ?? Number.NaN));
  });
}

layout('the two snapshots differ as known from their use', () => {
  assert.equal([preview1Layout.filestatBytes, snapshot0Layout.filestatBytes], [64, 56]);
  assert.equal([preview1Layout.subscriptionBytes, snapshot0Layout.subscriptionBytes], [48, 56]);
  assert.equal([preview1Layout.clockIdOffset, snapshot0Layout.clockIdOffset], [16, 24]);
});

const callers = [['wasi_snapshot_preview1', 64], ['wasi_unstable', 56]] as const;
const call = (target: Guest, module: (typeof callers)[number][0], name: string, ...args: readonly (number | bigint)[]) =>
  module === 'wasi_unstable' ? target.callUnstable(name, ...args) : target.call(name, ...args);

for (const [module, bytes] of callers) {
  layout(`${module}: the attributes of a stream are ${bytes} bytes, all zero`, () => {
    const target = guest();
    target.put(0, new Uint8Array(80).fill(0xff));
    assert.is(call(target, module, 'fd_filestat_get', 1, 0), 0);
    assert.is(target.hex(0, 80), '00'.repeat(bytes) + 'ff'.repeat(80 - bytes));
  });

  layout(`${module}: no starting point of seeking makes a stream seekable, whatever its number means`, () => {
    assert.equal([0, 1, 2, 3].map((whence) => call(guest(), module, 'fd_seek', 1, 0n, whence, 0)), [70, 70, 70, 28]);
  });
}

layout('wasi_unstable: a clock subscription has an identifier before the clock', () => {
  const target = guest();
  const record = target.view();
  for (const [index, timeoutNs] of [9_000_000n, 2_000_000n].entries()) {
    const at = index * 56;
    record.setBigUint64(at, BigInt(100 + index), true);
    record.setBigUint64(at + 16, 0xeeeeeeeeeeeeeeeen, true);
    record.setUint32(at + 24, 1, true);
    record.setBigUint64(at + 32, timeoutNs, true);
    record.setBigUint64(at + 40, 0xeeeeeeeeeeeeeeeen, true);
  }
  assert.is(target.callUnstable('poll_oneoff', 0, 1000, 2, 2000), 0);
  assert.equal(target.sleeps, [2]);
  assert.is(target.view().getUint32(2000, true), 1);
  assert.is(target.view().getBigUint64(1000, true), 101n);
});

layout('wasi_unstable: an absolute time is marked behind the precision', () => {
  const target = guest();
  const record = target.view();
  record.setUint32(24, 1, true);
  record.setBigUint64(32, 1_004_000_000n, true);
  record.setUint16(48, 1, true);
  assert.is(target.callUnstable('poll_oneoff', 0, 1000, 1, 2000), 0);
  assert.equal(target.sleeps, [4]);
});

layout('wasi_unstable: a stream subscription names its descriptor where preview 1 does', () => {
  const target = guest([], 'four');
  const record = target.view();
  record.setUint8(8, 1);
  record.setUint8(56 + 8, 2);
  record.setUint32(56 + 16, 1, true);
  assert.is(target.callUnstable('poll_oneoff', 0, 1000, 2, 2000), 0);
  assert.is(target.view().getUint32(2000, true), 2);
  assert.is(target.view().getBigUint64(1016, true), 4n);
  assert.is(target.view().getUint8(1032 + 10), 2);
});

layout.run();
