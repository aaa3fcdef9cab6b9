import { createHash } from 'node:crypto';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { checkedContent, digestOf, hasDigest, parseDigest } from '../../../lib/oci/digest.js';
import { faultOf } from '../../support/fault-of.js';
import { rejectionOf } from '../../support/rejection.js';

const digest = suite('oci/digest');

const hello = new TextEncoder().encode('hello');
const sha512 = parseDigest(`sha512:${createHash('sha512').update(hello).digest('hex')}`);

async function* inPieces(...pieces: readonly string[]) {
  for (const piece of pieces) yield Promise.resolve(new TextEncoder().encode(piece));
}

async function text(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  let whole = '';
  for await (const chunk of chunks) whole += new TextDecoder().decode(chunk);
  return whole;
}

digest('the digest of nothing is the well-known one', () => {
  assert.is(digestOf(new Uint8Array(0)), 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
});

digest('digests of both kinds are compared', () => {
  assert.ok(hasDigest(hello, digestOf(hello)));
  assert.ok(hasDigest(hello, sha512));
  assert.not.ok(hasDigest(new Uint8Array(1), sha512));
});

for (const bad of ['', 'sha256', 'sha256:', `sha256:${'a'.repeat(63)}`, `sha256:${'a'.repeat(65)}`, `sha256:${'A'.repeat(64)}`, `sha1:${'a'.repeat(40)}`, ` sha256:${'a'.repeat(64)}`, `sha256:${'a'.repeat(64)}\n`]) {
  digest(`refused: ${JSON.stringify(bad)}`, () => assert.is(faultOf(() => parseDigest(bad)).code, 'OCI_DIGEST_INVALID'));
}

digest('content that is right passes whole', async () => {
  for (const expected of [digestOf(hello), sha512]) assert.is(await text(checkedContent(inPieces('he', '', 'llo'), { digest: expected, size: 5 })), 'hello');
});

const wrong: readonly (readonly [string, readonly string[], number, string])[] = [
  ['other content of the same length', ['jello'], 5, 'OCI_DIGEST_MISMATCH'],
  ['content that ends early', ['hell'], 5, 'OCI_LENGTH_MISMATCH'],
  ['no content', [], 5, 'OCI_LENGTH_MISMATCH'],
  ['content that goes on', ['hello', '!'], 5, 'OCI_LENGTH_MISMATCH'],
  ['the right content under the wrong length', ['hello'], 4, 'OCI_LENGTH_MISMATCH'],
];
for (const [title, pieces, size, code] of wrong) {
  digest(`refused: ${title}`, async () => {
    const fault = await rejectionOf(text(checkedContent(inPieces(...pieces), { digest: digestOf(hello), size })));
    assert.is(fault.code, code);
    assert.is(fault.retryable, true);
  });
}

digest('not one byte too many is passed on', async () => {
  let passed = 0;
  try {
    for await (const chunk of checkedContent(inPieces('hello', 'x'.repeat(1000)), { digest: digestOf(hello), size: 5 })) passed += chunk.byteLength;
  } catch {
    // The failure is tested above.
  }
  assert.is(passed, 5);
});

digest.run();
