import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { digestOf } from '../../../lib/oci/digest.js';
import { isWasm, moduleContent, pinnedContent } from '../../../lib/source/module-content.js';
import { rejectionOf } from '../../support/rejection.js';

const content = suite('source/module-content');

const wasm = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

async function* pieces(...parts: readonly Uint8Array[]) {
  for (const part of parts) yield Promise.resolve(part);
}
const whole = async (chunks: AsyncIterable<Uint8Array>) => {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return new Uint8Array(Buffer.concat(all));
};
const singly = (bytes: Uint8Array) => pieces(...Array.from(bytes, (byte) => Uint8Array.of(byte)));

content('a module passes, however it is cut', async () => {
  assert.equal(await whole(moduleContent(pieces(wasm), 8)), wasm);
  assert.equal(await whole(moduleContent(singly(wasm), 8)), wasm);
});

const others: readonly (readonly [string, AsyncIterable<Uint8Array>])[] = [
  ['nothing', pieces()],
  ['a piece of the magic number', pieces(wasm.subarray(0, 3))],
  ['a page of HTML', pieces(new TextEncoder().encode('<html>404</html>'))],
  ['a page cut into bytes', singly(new TextEncoder().encode('<html>'))],
];
for (const [title, chunks] of others) {
  content(`refused: ${title}`, async () => {
    const fault = await rejectionOf(whole(moduleContent(chunks, 100)));
    assert.is(fault.code, 'MODULE_INVALID');
    assert.match(fault.message, 'invalid wasm file');
  });
}

content('a module that is too large is read no further', async () => {
  assert.is((await rejectionOf(whole(moduleContent(pieces(wasm), 7)))).code, 'MODULE_TOO_LARGE');
});

content('the digest of pinned content is checked at its end', async () => {
  assert.equal(await whole(pinnedContent(singly(wasm), digestOf(wasm))), wasm);
  assert.is((await rejectionOf(whole(pinnedContent(pieces(wasm.subarray(1)), digestOf(wasm))))).code, 'MODULE_DIGEST_MISMATCH');
});

content('bytes are told to be a module by their first four', () => {
  assert.ok(isWasm(wasm));
  assert.not.ok(isWasm(wasm.subarray(0, 3)));
});

content.run();
