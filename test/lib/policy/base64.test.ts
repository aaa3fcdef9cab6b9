// Base64 against Node's own.
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { encodeBase64 } from '../../../lib/policy/base64.js';

const base64 = suite('policy/base64');

for (const [text, expected] of [['', ''], ['f', 'Zg=='], ['fo', 'Zm8='], ['foo', 'Zm9v'], ['foob', 'Zm9vYg=='], ['fooba', 'Zm9vYmE='], ['foobar', 'Zm9vYmFy']] as const) {
  base64(`'${text}' is '${expected}'`, () => assert.is(encodeBase64(new TextEncoder().encode(text)), expected));
}

base64('any bytes are written as Node writes them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => assert.is(encodeBase64(bytes), Buffer.from(bytes).toString('base64'))),
    { seed: 20_240_609, numRuns: 500 },
  );
});

base64.run();
