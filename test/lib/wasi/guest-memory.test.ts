import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { GuestPointerError } from '../../../lib/wapc/memory.js';
import { GuestMemory } from '../../../lib/wasi/guest-memory.js';

const guestMemory = suite('wasi/guest-memory');

function onePage(): { readonly memory: WebAssembly.Memory; readonly guest: GuestMemory } {
  const memory = new WebAssembly.Memory({ initial: 1 });
  return { memory, guest: new GuestMemory(() => memory) };
}

guestMemory('views are the guest\'s own bytes', () => {
  const { memory, guest } = onePage();
  guest.bytes(10, 2, 'test').set([1, 2]);
  guest.view(12, 4, 'test').setUint16(0, 0x0403, true);
  assert.equal([...new Uint8Array(memory.buffer).slice(9, 15)], [0, 1, 2, 3, 4, 0]);
});

guestMemory('numbers are stored little-endian', () => {
  const { memory, guest } = onePage();
  guest.writeU32(0, 0xfffefdfc, 'test');
  guest.writeU64(8, 0x0102030405060708n, 'test');
  assert.equal([...new Uint8Array(memory.buffer).slice(0, 16)], [0xfc, 0xfd, 0xfe, 0xff, 0, 0, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1]);
});

guestMemory('an empty range is valid wherever it points', () => {
  assert.is(onePage().guest.bytes(-1, 0, 'test').byteLength, 0);
});

const outside: readonly (readonly [string, (guest: GuestMemory) => unknown])[] = [
  ['bytes that cross the end', (guest) => guest.bytes(65_530, 7, 'test')],
  ['a length read as u32', (guest) => guest.bytes(0, -1, 'test')],
  ['a pointer read as u32', (guest) => guest.view(-4, 4, 'test')],
  ['a 32-bit result at the end', (guest) => guest.writeU32(65_533, 0, 'test')],
  ['a 64-bit result at the end', (guest) => guest.writeU64(65_529, 0n, 'test')],
];
for (const [title, use] of outside) {
  guestMemory(`refuses ${title}`, () => {
    assert.throws(() => use(onePage().guest), (thrown: unknown) => thrown instanceof GuestPointerError && thrown.message.startsWith('test: '));
  });
}

guestMemory.run();
