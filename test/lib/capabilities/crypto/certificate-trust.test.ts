import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { allowAll } from '../../../../lib/capabilities/allow-list.js';
import { certificateTrust } from '../../../../lib/capabilities/crypto/certificate-trust.js';
import { createDispatcher } from '../../../../lib/capabilities/dispatch.js';
import { bytesOf, recordedContext, textOf } from '../call-context.js';
import {
  certify,
  certifyAuthority,
  codeSigning,
  dnsNames,
  type KeySort,
  nameConstraints,
  newKeys,
  notAnAuthority,
  type Party,
  pemOf,
  someUnknownUsages,
  unknown,
  withoutCertSign,
  withoutKeyUsage,
} from './authority.js';
import { pssLeaf, pssRoot } from './pss-chain.js';

const trust = suite('capabilities/crypto/certificate-trust');

const { dispatch } = createDispatcher({ builtIn: [certificateTrust(() => new Date('2030-06-01'))] });
const path = { binding: 'kubewarden', namespace: 'crypto', operation: 'v1/is_certificate_trusted' };

/** What the capability answers: `trusted`, or the reason against it, or the host's error. */
async function judge(payload: unknown): Promise<string> {
  const answer = await dispatch({ ...path, payload: bytesOf(JSON.stringify(payload)) }, allowAll, recordedContext());
  if (answer.kind === 'refused') return answer.message;
  const { trusted, reason, ...others } = JSON.parse(textOf(answer.payload)) as Record<string, unknown>;
  assert.equal(others, {});
  assert.is(trusted, reason === '');
  return trusted === true ? 'trusted' : String(reason);
}

const derOf = ({ der }: Party) => ({ encoding: 'Der', data: [...der] });
const pem = (text: string) => ({ encoding: 'Pem', data: [...bytesOf(text)] });
const judgeChain = (leaf: Party, chain: readonly Party[], notAfter: string | null = null) =>
  judge({ cert: derOf(leaf), cert_chain: chain.map(derOf), not_after: notAfter });

const root = await certifyAuthority('root');
const inner = await certifyAuthority('inner', { by: root });
const leaf = await certify('leaf', { by: inner });

const expired = 'Certificate is being used after its expiration date';
const early = 'Certificate is being used before its validity date';
const untrusted = 'Certificate is not trusted by the provided cert chain';
const invalid = (problem: string) => `Certificate not trusted: ${problem}`;
const hostError = (text: string) => `Callback evaluation failure: ${text}`;

// Who vouches for whom, and what the whole is worth. The anchor comes last.
const chains: readonly (readonly [string, string, () => readonly Party[] | Promise<readonly Party[]>])[] = [
  ['a leaf, an intermediate and the anchor', 'trusted', () => [leaf, inner, root]],
  ['a leaf directly below the anchor', 'trusted', async () => [await certify('leaf', { by: root }), root]],
  ['an intermediate as the anchor, its own issuer unknown', 'trusted', () => [leaf, inner]],
  [
    'intermediates in the wrong order, and one that has nothing to do with it',
    'trusted',
    async () => {
      const lower = await certifyAuthority('lower', { by: inner });
      return [await certify('leaf', { by: lower }), inner, await certifyAuthority('stranger'), lower, root];
    },
  ],
  ['a leaf that is its own anchor', 'trusted', async () => certify('self').then((self) => [self, self])],
  ['a leaf without its intermediate', untrusted, () => [leaf, root]],
  ['an anchor of the same name and another key', untrusted, async () => [leaf, inner, await certifyAuthority('root')]],
  ['no certificate but the leaf', untrusted, () => [leaf]],
  ['the anchor in the middle: only the last one is trusted', untrusted, async () => [leaf, root, inner, await certifyAuthority('other')]],
  ['a leaf that expired', expired, async () => [await certify('leaf', { by: inner, until: '2025-01-01' }), inner, root]],
  ['a leaf of the future', early, async () => [await certify('leaf', { by: inner, from: '2035-01-01' }), inner, root]],
  ['an intermediate that expired', expired, async () => below(await certifyAuthority('inner', { by: root, until: '2025-01-01' }))],
  ['an intermediate of the future', early, async () => below(await certifyAuthority('inner', { by: root, from: '2035-01-01' }))],
  ['an anchor that expired: it is trusted as it is', 'trusted', async () => selfIssued(await certifyAuthority('root', { until: '2025-01-01' }))],
  [
    'an intermediate that expired beside one that did not',
    'trusted',
    async () => {
      const old = await certifyAuthority('inner', { by: root, keys: inner.keys, until: '2025-01-01' });
      return [leaf, old, inner, root];
    },
  ],
  ['an authority as the leaf', invalid('CaUsedAsEndEntity'), () => [inner, root]],
  ['an intermediate that is no authority', invalid('EndEntityUsedAsCa'), async () => below(await certify('inner', { by: root, extensions: [notAnAuthority] }))],
  ['an intermediate that does not say what it is', invalid('EndEntityUsedAsCa'), async () => below(await certify('inner', { by: root }))],
  ['an intermediate whose key may not sign certificates', invalid('EndEntityUsedAsCa'), async () => below(await certify('inner', { by: root, extensions: withoutCertSign }))],
  ['an intermediate that does not limit its key', 'trusted', async () => below(await certify('inner', { by: root, extensions: withoutKeyUsage }))],
  ['a path as long as the intermediate allows', 'trusted', async () => twoBelow(await certifyAuthority('upper', { by: root }, 1))],
  ['a path longer than the intermediate allows', invalid('PathLenConstraintViolated'), async () => twoBelow(await certifyAuthority('upper', { by: root }, 0))],
  ['a path of seven intermediates', invalid('MaximumPathDepthExceeded'), () => chainOf(7)],
  ['a path of six', 'trusted', () => chainOf(6)],
  ['an unknown critical extension in an intermediate', invalid('UnsupportedCriticalExtension'), async () => below(await certifyAuthority('inner', { by: root, extensions: [unknown(true)] }))],
  ['an unknown extension that is not critical', 'trusted', async () => [await certify('leaf', { by: inner, extensions: [unknown(false)] }), inner, root]],
  ['an unknown critical extension in the anchor', 'trusted', async () => selfIssued(await certifyAuthority('root', { extensions: [unknown(true)] }))],
  ['any extended key usage', 'trusted', async () => [await certify('leaf', { by: inner, extensions: [codeSigning] }), inner, root]],
  ['extended key usages nobody knows', 'trusted', async () => [await certify('leaf', { by: inner, extensions: [someUnknownUsages] }), inner, root]],
];
for (const [title, expected, chain] of chains) {
  trust(`${title}: ${expected}`, async () => {
    const [first, ...others] = await chain();
    assert.ok(first);
    assert.is(await judgeChain(first, others), expected);
  });
}

/** A leaf below an intermediate of the usual root. */
async function below(intermediate: Party): Promise<readonly Party[]> {
  return [await certify('leaf', { by: intermediate }), intermediate, root];
}

async function twoBelow(upper: Party): Promise<readonly Party[]> {
  const lower = await certifyAuthority('lower', { by: upper });
  return [await certify('leaf', { by: lower }), lower, upper, root];
}

async function selfIssued(anchor: Party): Promise<readonly Party[]> {
  return [await certify('leaf', { by: anchor }), anchor];
}

async function chainOf(intermediates: number): Promise<readonly Party[]> {
  const chain = [root];
  for (let depth = 1; depth <= intermediates; depth += 1) chain.unshift(await certifyAuthority(`level ${depth}`, { by: chain[0] ?? root }));
  return [await certify('leaf', { by: chain[0] ?? root }), ...chain];
}

const violated = invalid('NameConstraintViolation');
const constraints: readonly (readonly [string, string, string[], string[], string[]])[] = [
  // title, verdict, permitted by the upper authority, permitted by the lower one, names of the leaf
  ['a name inside', 'trusted', ['good.example'], [], ['a.good.example']],
  ['a name outside', violated, ['good.example'], [], ['evil.example']],
  ['one name inside and one outside', violated, ['good.example'], [], ['a.good.example', 'evil.example']],
  ['a name that only ends like one inside', violated, ['good.example'], [], ['notgood.example']],
  ['a lower authority that widens what it was permitted', violated, ['good.example'], ['evil.example'], ['evil.example']],
  ['a lower authority that narrows it', violated, ['example'], ['good.example'], ['bad.example']],
  ['a leaf without names', 'trusted', ['good.example'], [], []],
];
for (const [title, expected, upper, lower, names] of constraints) {
  trust(`name constraints, ${title}: ${expected}`, async () => {
    const permit = (allowed: string[]) => (allowed.length === 0 ? [] : [nameConstraints('permitted', ...allowed)]);
    const first = await certifyAuthority('first', { by: root, extensions: permit(upper) });
    const second = await certifyAuthority('second', { by: first, extensions: permit(lower) });
    const extensions = names.length === 0 ? [] : [dnsNames(...names)];
    assert.is(await judgeChain(await certify('leaf', { by: second, extensions }), [first, second, root]), expected);
  });
}

trust('name constraints, an excluded name', async () => {
  const first = await certifyAuthority('first', { by: root, extensions: [nameConstraints('excluded', 'bad.example')] });
  assert.is(await judgeChain(await certify('leaf', { by: first, extensions: [dnsNames('a.bad.example')] }), [first, root]), violated);
  assert.is(await judgeChain(await certify('leaf', { by: first, extensions: [dnsNames('a.good.example')] }), [first, root]), 'trusted');
});

trust('name constraints of the anchor count too', async () => {
  const anchor = await certifyAuthority('anchor', { extensions: [nameConstraints('permitted', 'good.example')] });
  assert.is(await judgeChain(await certify('leaf', { by: anchor, extensions: [dnsNames('evil.example')] }), [anchor]), violated);
});

const algorithms: readonly (readonly [KeySort, string])[] = [
  ['P-256', 'trusted'],
  ['P-384', 'trusted'],
  ['P-521', 'trusted'],
  ['Ed25519', 'trusted'],
  ['RSA-2048', 'trusted'],
  ['RSA-SHA-512', 'trusted'],
  ['RSA-1024', untrusted],
  ['RSA-SHA-1', invalid('UnsupportedSignatureAlgorithmContext')],
];
for (const [sort, expected] of algorithms) {
  trust(`a chain signed with ${sort}: ${expected}`, async () => {
    const keys = await newKeys(sort);
    const anchor = await certifyAuthority('anchor', { keys });
    const between = await certifyAuthority('between', { by: anchor, keys });
    const signed = await certify('leaf', { by: between });
    assert.is(await judgeChain(signed, [between, anchor]), expected);
    const oneBitTurned = Uint8Array.from(signed.der, (byte, index) => (index === signed.der.length - 1 ? byte ^ 1 : byte));
    assert.is(await judgeChain({ ...signed, der: oneBitTurned }, [between, anchor]), expected === 'trusted' ? untrusted : expected);
  });
}

trust('a chain signed with RSASSA-PSS', async () => {
  assert.is(await judge({ cert: pem(pssLeaf), cert_chain: [pem(pssRoot)], not_after: null }), 'trusted');
});

// The certificates of these tests are valid from the start of 2020 to the start of 2040.
const times: readonly (readonly [string, string | null, string])[] = [
  ['null means now', null, 'trusted'],
  ['an empty text means now', '', 'trusted'],
  ['a time before', '2019-12-31T23:59:59Z', early],
  ['the first second', '2020-01-01T00:00:00Z', 'trusted'],
  ['the last second', '2040-01-01T00:00:00Z', 'trusted'],
  ['the second after', '2040-01-01T00:00:01Z', expired],
  ['a time with an offset', '2040-01-01T02:00:01+02:00', expired],
  ['a time with a fraction', '2040-01-01T00:00:00.999Z', 'trusted'],
  ['a time before 1970', '1912-06-23T00:00:00Z', early],
  ['a date without a time', '2030-01-01', hostError('Timestamp not_after is not in RFC3339 format')],
  ['a day that does not exist', '2030-02-30T00:00:00Z', hostError('Timestamp not_after is not in RFC3339 format')],
  ['words', 'tomorrow', hostError('Timestamp not_after is not in RFC3339 format')],
];
for (const [title, time, expected] of times) {
  trust(`${title}: ${expected}`, async () => assert.is(await judgeChain(leaf, [inner, root], time), expected));
}

trust('a missing not_after means now', async () => {
  assert.is(await judge({ cert: derOf(leaf), cert_chain: [derOf(inner), derOf(root)] }), 'trusted');
});

trust("'now' is asked for each time", async () => {
  const clock = ['2030-01-01', '2050-01-01'];
  const aging = createDispatcher({ builtIn: [certificateTrust(() => new Date(clock.shift() ?? ''))] });
  const payload = bytesOf(JSON.stringify({ cert: derOf(leaf), cert_chain: [derOf(inner), derOf(root)], not_after: null }));
  const answers = [await aging.dispatch({ ...path, payload }, allowAll, recordedContext()), await aging.dispatch({ ...path, payload }, allowAll, recordedContext())];
  assert.equal(
    answers.map((answer) => answer.kind === 'answered' && textOf(answer.payload)),
    ['{"trusted":true,"reason":""}', `{"trusted":false,"reason":"${expired}"}`],
  );
});

trust('PEM is read as DER is', async () => {
  const chain = [pem(pemOf(inner.der)), derOf(root)];
  assert.is(await judge({ cert: pem(pemOf(leaf.der)), cert_chain: chain, not_after: null }), 'trusted');
});

trust('a chain that is null means the roots of Mozilla, which do not know our own', async () => {
  assert.is(await judge({ cert: derOf(leaf), cert_chain: null, not_after: null }), untrusted);
  assert.is(await judge({ cert: derOf(leaf), not_after: null }), untrusted);
});

const pemProblem = (problem: string) => hostError(`Certificate PEM data is not valid: ${problem}`);
const good = { cert: derOf(leaf), cert_chain: [derOf(inner), derOf(root)], not_after: null };
const unreadable: readonly (readonly [string, object, string | RegExp])[] = [
  ['PEM that is none', { ...good, cert: pem('hello') }, pemProblem('no BEGIN line')],
  ['PEM that is none in the chain', { ...good, cert_chain: [pem('hello'), derOf(root)] }, pemProblem('no BEGIN line')],
  ['no PEM at all', { ...good, cert: pem('') }, pemProblem('no BEGIN line')],
  ['a leaf that is no DER', { ...good, cert: { encoding: 'Der', data: [1, 2, 3] } }, hostError('Certificate is not a valid end-entity certificate: TrailingData(SignedData)')],
  ['no bytes for a leaf', { ...good, cert: { encoding: 'Der', data: [] } }, hostError('Certificate is not a valid end-entity certificate: TrailingData(SignedData)')],
  ['bytes behind the leaf', { ...good, cert: { encoding: 'Der', data: [...leaf.der, 0] } }, hostError('Certificate is not a valid end-entity certificate: TrailingData(Certificate)')],
  ['a leaf that ends too soon', { ...good, cert: { encoding: 'Der', data: [...leaf.der.slice(0, -1)] } }, hostError('Certificate is not a valid end-entity certificate: TrailingData(SignedData)')],
  ['PEM of a leaf that is no DER', { ...good, cert: pem(pemOf(Uint8Array.of(1, 2, 3))) }, hostError('Certificate is not a valid end-entity certificate: TrailingData(SignedData)')],
  ['an anchor that is no DER', { ...good, cert_chain: [derOf(inner), { encoding: 'Der', data: [1] }] }, hostError('The last certificate of the chain is not a valid trust anchor: TrailingData(SignedData)')],
  ['a byte of 256', { ...good, cert: { encoding: 'Der', data: [256] } }, 'cert.data: expected a list of bytes'],
  ['a byte of -1', { ...good, cert: { encoding: 'Der', data: [-1] } }, 'cert.data: expected a list of bytes'],
  ['half a byte', { ...good, cert: { encoding: 'Der', data: [0.5] } }, 'cert.data: expected a list of bytes'],
  ['base64 instead of numbers', { ...good, cert: { encoding: 'Der', data: 'AAAA' } }, 'cert.data: expected a list of bytes'],
  ['no data', { ...good, cert: { encoding: 'Der' } }, 'missing field `data`'],
  ['no leaf', { cert_chain: null, not_after: null }, 'missing field `cert`'],
  ['an encoding nobody knows', { ...good, cert: { encoding: 'der', data: [] } }, /^cert\.encoding: Invalid option/],
  ['a time that is a number', { ...good, not_after: 1 }, /^not_after: Invalid input/],
];
for (const [title, payload, expected] of unreadable) {
  trust(`refuses ${title}`, async () => {
    const answer = await judge(payload);
    if (typeof expected === 'string') assert.is(answer, expected);
    else assert.match(answer, expected);
  });
}

trust('a leaf with an unknown critical extension is no end-entity certificate', async () => {
  const odd = await certify('leaf', { by: inner, extensions: [unknown(true)] });
  assert.is(await judgeChain(odd, [inner, root]), hostError('Certificate is not a valid end-entity certificate: UnsupportedCriticalExtension'));
});

trust('an intermediate that is no DER is passed over', async () => {
  assert.is(await judge({ ...good, cert_chain: [{ encoding: 'Der', data: [1] }, derOf(inner), derOf(root)] }), 'trusted');
});

trust('a chain of 32 certificates is read, one of 33 is not', async () => {
  const many = (count: number) => [...Array.from({ length: count - 1 }, () => derOf(inner)), derOf(root)];
  assert.is(await judge({ ...good, cert_chain: many(32) }), 'trusted');
  assert.is(await judge({ ...good, cert_chain: many(33) }), hostError('Certificate chain of 33 certificates exceeds 32'));
});

trust('a certificate of more than 64 KiB is not read', async () => {
  const data = Array.from({ length: 65537 }, () => 0);
  assert.is(await judge({ ...good, cert: { encoding: 'Der', data } }), hostError('Certificate of 65537 bytes exceeds 65536 bytes'));
});

trust.run();
