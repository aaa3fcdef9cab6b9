import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { GuestPointerError, readBytes, writeBytes } from '../../../lib/wapc/memory.js';

const memory = suite('wapc/memory');
const pageBytes = 65536;
const onePage = () => new WebAssembly.Memory({ initial: 1, maximum: 4 });

memory('reads what was written', () => {
  const target = onePage();
  writeBytes(target, 10, Uint8Array.of(1, 2, 3), 'test');
  assert.equal([...readBytes(target, 9, 5, 'test')], [0, 1, 2, 3, 0]);
});

memory('a copy does not follow the guest', () => {
  const target = onePage();
  writeBytes(target, 0, Uint8Array.of(7), 'test');
  const copy = readBytes(target, 0, 1, 'test');
  writeBytes(target, 0, Uint8Array.of(8), 'test');
  assert.equal([...copy], [7]);
});

memory('sees memory that grew since', () => {
  const target = onePage();
  target.grow(1);
  writeBytes(target, pageBytes, Uint8Array.of(5), 'test');
  assert.equal([...readBytes(target, pageBytes, 1, 'test')], [5]);
});

memory('an empty range is valid wherever it points', () => {
  const target = onePage();
  assert.equal(readBytes(target, -1, 0, 'test').length, 0);
  writeBytes(target, 0xffffffff, new Uint8Array(0), 'test');
});

const outside: readonly (readonly [string, number, number])[] = [
  ['one byte past the end', pageBytes, 1],
  ['a range that crosses the end', pageBytes - 2, 3],
  ['a negative pointer, read as u32', -4, 4],
  ['a negative length, read as u32', 0, -1],
  ['a sum beyond 2^32, which must not wrap', -8, -1],
];
for (const [title, pointer, length] of outside) {
  memory(`refuses ${title}`, () => {
    assert.throws(
      () => readBytes(onePage(), pointer, length, 'test'),
      (thrown: unknown) => thrown instanceof GuestPointerError && thrown.message.startsWith('test: bytes '),
    );
  });
}

memory('the last byte is inside', () => {
  assert.equal(readBytes(onePage(), pageBytes - 1, 1, 'test').length, 1);
});

memory.run();
