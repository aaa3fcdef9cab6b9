import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { linesOf } from '../../../lib/kubernetes/watch-lines.js';
import { rejectionOf } from '../../support/rejection.js';

const lines = suite('kubernetes/watch-lines');

async function* inPieces(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  const sorted = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  for (const [index, start] of sorted.entries()) yield bytes.subarray(start, sorted[index + 1] ?? bytes.length);
}

async function read(text: string, cuts: readonly number[], maxBytes = 1000): Promise<string[]> {
  const found: string[] = [];
  for await (const line of linesOf(inPieces(new TextEncoder().encode(text), cuts), maxBytes)) found.push(new TextDecoder().decode(line));
  return found;
}

lines('however a stream is cut, its lines are the same', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', '\n', 'ü', '☃'), maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.nat(100), { maxLength: 10 }), async (given, cuts) => {
      assert.equal(await read(given, cuts), given.split('\n').slice(0, -1).filter((line) => line !== ''));
    }),
    { seed: 7, numRuns: 500 },
  );
});

lines('a line of exactly the limit is read, one beyond it is refused, whole or in pieces', async () => {
  assert.equal(await read('aaaaa\nb\n', [2], 5), ['aaaaa', 'b']);
  for (const cuts of [[], [2], [5, 6]]) assert.is((await rejectionOf(read('aaaaaa\n', cuts, 5))).code, 'HTTP_ANSWER_TOO_LARGE');
  assert.is((await rejectionOf(read('aaaaaa', [3], 5))).code, 'HTTP_ANSWER_TOO_LARGE');
});

lines.run();
