import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { GuestPointerError } from '../../../lib/wapc/memory.js';
import { maxSubscriptions } from '../../../lib/wasi/poll.js';
import { maxTransferBytes } from '../../../lib/wasi/transfer.js';
import { guest, type Guest } from './guest.js';
import { startNs } from './surroundings.js';

const poll = suite('wasi/poll');

const clockType = 0;
const readType = 1;
const writeType = 2;
const events = 60_000;
const result = 59_000;

interface Timer {
  readonly clock?: number;
  readonly timeoutNs: bigint;
  readonly absolute?: boolean;
}
type Wish = Timer | { readonly type: number; readonly fd: number };

/** Writes subscriptions in the layout of preview 1 at offset 0, with userdata 100, 101, ... */
function subscribe({ view, memory }: Guest, wishes: readonly Wish[]): void {
  const record = view();
  new Uint8Array(memory.buffer).fill(0xee, 0, wishes.length * 48);
  for (const [index, wish] of wishes.entries()) {
    const at = index * 48;
    record.setBigUint64(at, BigInt(100 + index), true);
    record.setUint8(at + 8, 'fd' in wish ? wish.type : clockType);
    if ('fd' in wish) {
      record.setUint32(at + 16, wish.fd, true);
      continue;
    }
    record.setUint32(at + 16, wish.clock ?? 1, true);
    record.setBigUint64(at + 24, wish.timeoutNs, true);
    record.setUint16(at + 40, wish.absolute === true ? 1 : 0, true);
  }
}

/** Polls and returns the events as `userdata type error nbytes flags`. */
function pollFor(target: Guest, ...wishes: readonly Wish[]): readonly string[] {
  subscribe(target, wishes);
  assert.is(target.call('poll_oneoff', 0, events, wishes.length, result), 0);
  const record = target.view();
  return Array.from({ length: record.getUint32(result, true) }, (_, index) => {
    const at = events + index * 32;
    const fields = [record.getBigUint64(at, true), record.getUint8(at + 10), record.getUint16(at + 8, true), record.getBigUint64(at + 16, true), record.getUint16(at + 24, true)];
    return fields.join(' ');
  });
}

poll('one relative timer sleeps that long and is reported', () => {
  const target = guest();
  assert.equal(pollFor(target, { timeoutNs: 1_500_000n }), ['100 0 0 0 0']);
  assert.equal(target.sleeps, [1.5]);
});

poll('of several timers the shortest counts, and only what is due is reported', () => {
  const target = guest();
  const found = pollFor(target, { timeoutNs: 9_000_000n }, { timeoutNs: 2_000_000n }, { clock: 0, timeoutNs: 2_000_000n });
  assert.equal(found, ['101 0 0 0 0', '102 0 0 0 0']);
  assert.equal(target.sleeps, [2]);
});

poll('an absolute time counts from the clock it names', () => {
  const target = guest();
  assert.equal(pollFor(target, { clock: 1, timeoutNs: 1_003_000_000n, absolute: true }), ['100 0 0 0 0']);
  assert.equal(pollFor(target, { clock: 0, timeoutNs: startNs + 7_000_000n, absolute: true }), ['100 0 0 0 0']);
  assert.equal(target.sleeps, [3, 4]);
});

poll('an absolute time that is past does not sleep at all (node:wasi sleeps for ever)', () => {
  const target = guest();
  assert.equal(pollFor(target, { clock: 0, timeoutNs: 1n, absolute: true }), ['100 0 0 0 0']);
  assert.equal(target.sleeps, []);
});

poll('a time that is past is due no earlier than what is ready now', () => {
  const target = guest([], 'x');
  assert.equal(pollFor(target, { clock: 0, timeoutNs: 1n, absolute: true }, { type: readType, fd: 0 }), ['100 0 0 0 0', '101 1 0 1 0']);
});

poll('a timer of zero does not sleep', () => {
  const target = guest();
  assert.equal(pollFor(target, { timeoutNs: 0n }, { timeoutNs: 5n }), ['100 0 0 0 0']);
  assert.equal(target.sleeps, []);
});

poll('the longest timer there is can be given to the platform', () => {
  const target = guest();
  pollFor(target, { timeoutNs: 0xffffffffffffffffn });
  assert.equal(target.sleeps, [2 ** 64 / 1e6]);
});

poll('a clock that does not exist is an error of its event', () => {
  const target = guest();
  assert.equal(pollFor(target, { clock: 2, timeoutNs: 5n }, { timeoutNs: 5n }), ['100 0 28 0 0']);
  assert.equal(target.sleeps, []);
});

poll('stdin is always ready: with what it holds, or at its end', () => {
  assert.equal(pollFor(guest([], 'four'), { type: readType, fd: 0 }), ['100 1 0 4 0']);
  assert.equal(pollFor(guest(), { type: readType, fd: 0 }), ['100 1 0 0 1']);
});

poll('outputs are always ready for as much as one call writes', () => {
  assert.equal(pollFor(guest(), { type: writeType, fd: 1 }, { type: writeType, fd: 2 }), [`100 2 0 ${maxTransferBytes} 0`, `101 2 0 ${maxTransferBytes} 0`]);
});

poll('what is ready now leaves no time to sleep', () => {
  const target = guest([], 'x');
  assert.equal(pollFor(target, { timeoutNs: 5_000_000n }, { type: readType, fd: 0 }), ['101 1 0 1 0']);
  assert.equal(target.sleeps, []);
});

for (const [title, type, fd] of [
  ['reading from stdout', readType, 1],
  ['writing to stdin', writeType, 0],
  ['a descriptor that is not open', readType, 3],
] as const) {
  poll(`waiting for ${title} is an error of its event`, () => {
    assert.equal(pollFor(guest(), { type, fd }), [`100 ${type} 8 0 0`]);
  });
}

poll('waiting for a stream needs the right to', () => {
  const target = guest();
  target.call('fd_fdstat_set_rights', 1, 1n << 6n, 0n);
  assert.equal(pollFor(target, { type: writeType, fd: 1 }), ['100 2 76 0 0']);
});

poll('events may overwrite the subscriptions they answer', () => {
  const target = guest([], 'x');
  subscribe(target, [{ type: readType, fd: 0 }, { type: writeType, fd: 1 }, { type: writeType, fd: 2 }]);
  assert.is(target.call('poll_oneoff', 0, 0, 3, result), 0);
  assert.equal([0, 32, 64].map((at) => target.view().getBigUint64(at, true)), [100n, 101n, 102n]);
});

poll('the bytes between the fields of an event are zero', () => {
  const target = guest([], 'x');
  target.put(events, new Uint8Array(33).fill(0xee));
  pollFor(target, { type: readType, fd: 0 });
  assert.is(target.hex(events, 33), '6400000000000000' + '0000010000000000' + '0100000000000000' + '0000000000000000' + 'ee');
});

poll('waiting for nothing, or for too much, is refused', () => {
  for (const count of [0, maxSubscriptions + 1, -1]) assert.is(guest().call('poll_oneoff', 0, events, count, result), 28);
});

poll('as many subscriptions as the limit are answered', () => {
  const target = guest();
  assert.is(pollFor(target, ...Array.from({ length: maxSubscriptions }, () => ({ timeoutNs: 0n }))).length, maxSubscriptions);
});

poll('a kind of event that does not exist is refused', () => {
  const target = guest();
  subscribe(target, [{ timeoutNs: 1_000_000n }, { type: 3, fd: 0 }]);
  assert.is(target.call('poll_oneoff', 0, events, 2, result), 28);
  assert.equal(target.sleeps, []);
});

for (const [title, ...args] of [
  ['subscriptions', 131_072 - 47, events, 1, result],
  ['events', 0, 131_072 - 31, 1, result],
  ['a result', 0, events, 1, 131_072 - 3],
] as const) {
  poll(`${title} outside memory end the guest before it sleeps`, () => {
    const target = guest();
    subscribe(target, [{ timeoutNs: 1_000_000n }]);
    assert.throws(() => target.call('poll_oneoff', ...args), (thrown: unknown) => thrown instanceof GuestPointerError);
    assert.equal(target.sleeps, []);
  });
}

poll.run();
