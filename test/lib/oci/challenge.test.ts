import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { type Challenge, parseChallenges } from '../../../lib/oci/challenge.js';

const challenge = suite('oci/challenge');

const cases: readonly (readonly [string, string, readonly Challenge[]])[] = [
  ['nothing', '', []],
  ['basic', 'Basic realm="Registry"', [{ kind: 'basic' }]],
  ['basic without a realm', 'basic', [{ kind: 'basic' }]],
  ['bearer as Docker Hub writes it', 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull"', [{ kind: 'bearer', realm: 'https://auth.docker.io/token', service: 'registry.docker.io' }]],
  ['bearer with white space around', 'Bearer  realm = "https://a/t" , service = "s"', [{ kind: 'bearer', realm: 'https://a/t', service: 's' }]],
  ['bearer without a service', 'bearer realm="https://a/t"', [{ kind: 'bearer', realm: 'https://a/t' }]],
  ['bearer without a realm is of no use', 'Bearer service="s"', []],
  ['a comma within quotes', 'Bearer realm="https://a/t",scope="repository:x:pull,push",service="s"', [{ kind: 'bearer', realm: 'https://a/t', service: 's' }]],
  ['an escaped quote', 'Bearer realm="https://a/\\"t",service="s"', [{ kind: 'bearer', realm: 'https://a/"t', service: 's' }]],
  ['an unquoted value', 'Bearer service=s,realm="https://a/t"', [{ kind: 'bearer', realm: 'https://a/t', service: 's' }]],
  ['two in one header', 'Basic realm="x", Bearer realm="https://a/t"', [{ kind: 'basic' }, { kind: 'bearer', realm: 'https://a/t' }]],
  ['others are passed over', 'Negotiate, Digest realm="x", nonce="y", Basic', [{ kind: 'basic' }]],
  ['the first of two values counts', 'Bearer realm="https://a/t",realm="https://evil/"', [{ kind: 'bearer', realm: 'https://a/t' }]],
  ['an unclosed quote ends the reading', 'Bearer realm="https://a/t,service=s', []],
  ['nonsense ends the reading', 'Basic realm="x", "', [{ kind: 'basic' }]],
];
for (const [title, header, expected] of cases) {
  challenge(title, () => assert.equal(parseChallenges(header), expected));
}

challenge('any header is read in no time, to the end or to where it stops making sense', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (header) => void parseChallenges(header)),
    { seed: 2, numRuns: 2000 },
  );
  parseChallenges('a'.repeat(100_000));
  parseChallenges('a=,'.repeat(100_000));
  parseChallenges(`Bearer realm="${'\\'.repeat(100_000)}`);
});

challenge.run();
