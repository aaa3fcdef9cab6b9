import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { type PathFinding, validatePath } from '../../../../lib/capabilities/crypto/path-validator.js';
import { monotonicNow } from '../../../../lib/deadline.js';
import { certify, certifyAuthority, newKeys, type Party, unknown } from './authority.js';

const validator = suite('capabilities/crypto/path-validator');

const validate = (leaf: Party, intermediates: readonly Party[], anchor: Party): Promise<PathFinding> =>
  validatePath({ endEntity: leaf.der, intermediates: intermediates.map(({ der }) => der), anchors: [anchor.der], time: new Date('2030-01-01') });

/** Authorities that all have one name, and of which everyone could have issued everyone. */
async function lookalikes(count: number, extensions: Parameters<typeof certifyAuthority>[1] = {}): Promise<readonly Party[]> {
  const keys = await newKeys();
  const makers = Array.from({ length: count }, () => certifyAuthority('twin', { by: { name: 'twin', keys }, ...extensions }));
  return Promise.all(makers);
}

// Without a bound of its own these searches go on for seconds and minutes; a slow machine needs well under one second.
async function findsSoon(problem: string, question: () => Promise<PathFinding>): Promise<void> {
  const start = monotonicNow();
  assert.equal(await question(), { kind: 'invalid', problem });
  assert.ok(monotonicNow() - start < 2000);
}

validator('gives up a search among certificates that could all have issued each other', async () => {
  const twins = await lookalikes(31);
  const leaf = await certify('leaf', { by: { name: 'twin', keys: await newKeys() } });
  const stranger = await certifyAuthority('stranger');
  await findsSoon('MaximumPathBuildCallsExceeded', () => validate(leaf, twins, stranger));
});

validator('gives up a search whose every step costs a signature', async () => {
  const twins = await lookalikes(31);
  const leaf = await certify('leaf', { by: { name: 'twin', keys: await newKeys() } });
  await findsSoon('MaximumSignatureChecksExceeded', () => validate(leaf, twins, twins[0] ?? leaf));
});

validator('gives up a search among large certificates', async () => {
  const twins = await lookalikes(12, { extensions: Array.from({ length: 400 }, (_, index) => unknown(false, `1.2.${index + 3}`)) });
  const leaf = await certify('leaf', { by: { name: 'twin', keys: await newKeys() } });
  const stranger = await certifyAuthority('stranger');
  await findsSoon('MaximumPathBuildCallsExceeded', () => validate(leaf, twins, stranger));
});

validator('does not follow two authorities that certified each other for ever', async () => {
  const [a, b] = [await certifyAuthority('a'), await certifyAuthority('b')];
  const aByB = await certifyAuthority('a', { by: b, keys: a.keys });
  const bByA = await certifyAuthority('b', { by: a, keys: b.keys });
  const leaf = await certify('leaf', { by: a });
  assert.equal(await validate(leaf, [aByB, bByA], await certifyAuthority('stranger')), { kind: 'untrusted', problem: 'UnknownIssuer' });
});

validator('finds the path through the maze', async () => {
  const twins = await lookalikes(3);
  const root = await certifyAuthority('root');
  const right = await certifyAuthority('twin', { by: root });
  assert.equal(await validate(await certify('leaf', { by: right }), [...twins, right], root), { kind: 'trusted' });
});

validator('answers questions that overlap, each for itself', async () => {
  const root = await certifyAuthority('root');
  const [good, late] = [await certify('good', { by: root }), await certify('late', { by: root, until: '2025-01-01' })];
  const findings = await Promise.all(Array.from({ length: 20 }, (_, index) => validate(index % 2 === 0 ? good : late, [], root)));
  assert.equal(
    findings.map(({ kind }) => kind),
    Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? 'trusted' : 'expired')),
  );
});

validator('names a failure with what was found when that is short, and without a list of algorithms', async () => {
  const root = await certifyAuthority('root', { keys: await newKeys('RSA-SHA-1') });
  assert.equal(await validate(await certify('leaf', { by: root }), [], root), { kind: 'invalid', problem: 'UnsupportedSignatureAlgorithmContext' });
  const leaf = await certify('leaf', { by: root });
  const trailing = { ...leaf, der: Uint8Array.of(...leaf.der, 0) };
  assert.equal(await validate(trailing, [], root), { kind: 'bad-end-entity', problem: 'TrailingData(Certificate)' });
});

validator.run();
