import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { mintAuthority, mintLeaf } from '../../../../integrations/k8s-controller/src/certificates/authority.js';
import { authorityBundle, certificatesOf } from '../../../../integrations/k8s-controller/src/certificates/bundle.js';
import type { KeyPair } from '../../../../integrations/k8s-controller/src/certificates/key-pair.js';
import { authorityDecision, issuersInUse, leafDecision, readAuthority } from '../../../../integrations/k8s-controller/src/certificates/renewal.js';
import { secretData, secretText } from '../../../../integrations/k8s-controller/src/certificates/secret-data.js';
import { authorityData, planAuthority, planLeaf, serverLeaf } from '../../../../integrations/k8s-controller/src/certificates/secrets.js';
import type { SeenObject } from '../../../../integrations/k8s-controller/src/world/kubernetes-object.js';
import { namespace, policyServer, seen } from '../support/objects.js';

const renewal = suite('k8s-controller/certificates/renewal');

const now = Date.parse('2026-06-01T00:00:00Z');
const dayMs = 24 * 60 * 60 * 1000;
const name = 'policy-server-default.kubewarden.svc';
const subject = { commonName: name, dnsNames: [name] };

const [authority, other] = await Promise.all([mintAuthority(now), mintAuthority(now)]);
const leaf = await mintLeaf(authority, subject, now);

const authoritySecret = (pair: KeyPair, previous?: string): SeenObject => seen('Secret', 'kubewarden-ca', { data: authorityData({ ...pair, previous }) });
const leafSecret = (pair: KeyPair, metadata: object = { annotations: { 'kubewarden.io/cert-format-version': '1' } }): SeenObject => seen('Secret', 'policy-server-default', { data: secretData({ 'tls.crt': pair.certificate, 'tls.key': pair.key }) }, metadata);
const demand = { dnsName: name, authority: { ...authority, previous: undefined }, nowMs: now, trusted: true };

renewal('an authority that is good is kept, and looked at sixty days before its end', () => {
  const decision = authorityDecision(authoritySecret(authority), now, []);
  assert.is(decision.kind, 'keep');
  assert.is(decision.kind === 'keep' && Math.round(decision.nextMs / dayMs), 3650 - 60);
});

for (const [title, secret, because] of [
  ['is missing', undefined, /is missing/],
  ['has no certificate', seen('Secret', 'kubewarden-ca', { data: {} }), /has no certificate in ca\.crt/],
  ['has something else for a certificate', seen('Secret', 'kubewarden-ca', { data: secretData({ 'ca.crt': 'text', 'ca.key': 'text' }) }), /has no certificate/],
  ['has no key', seen('Secret', 'kubewarden-ca', { data: secretData({ 'ca.crt': authority.certificate }) }), /private key cannot be read/],
  ['has the key of another', authoritySecret({ certificate: authority.certificate, key: other.key }), /belongs to another certificate/],
  ['is no authority', authoritySecret(leaf), /is no certificate authority/],
] as const) {
  renewal(`an authority that ${title} is made anew`, () => {
    const decision = authorityDecision(secret, now, []);
    assert.match(decision.kind === 'mint' ? decision.because : '', because);
  });
}

renewal('an authority that has ended is made anew, without trust in the old one', () => {
  const decision = authorityDecision(authoritySecret(authority), now + 3651 * dayMs, []);
  assert.equal(decision.kind === 'mint' && decision.previous, undefined);
});

renewal('an authority that ends within sixty days is made anew, and the old one stays trusted', () => {
  const decision = authorityDecision(authoritySecret(authority), now + 3600 * dayMs, []);
  assert.equal(decision, { kind: 'mint', previous: authority.certificate, because: 'the certificate authority ends soon' });
});

renewal('an authority that was deleted stays trusted while what it signed is served', () => {
  const decision = authorityDecision(undefined, now, [authority.certificate]);
  assert.is(decision.kind === 'mint' && decision.previous, authority.certificate);
});

renewal('an authority that was replaced by an operator: theirs is used, the one before stays trusted', () => {
  const decision = authorityDecision(authoritySecret(other), now, [authority.certificate, other.certificate]);
  assert.equal(decision.kind === 'set-previous' && [decision.authority.certificate, decision.authority.previous], [other.certificate, authority.certificate]);
});

renewal('an operator who replaces certificate and key alone leaves a previous authority of long ago behind: the one that signed what is served takes its place', async () => {
  const older = await mintAuthority(now);
  const decision = authorityDecision(authoritySecret(other, older.certificate), now, [authority.certificate]);
  assert.is(decision.kind === 'set-previous' && decision.authority.previous, authority.certificate);
  assert.is(authorityDecision(authoritySecret(other, authority.certificate), now, [authority.certificate]).kind, 'keep', 'and then it stays');
});

renewal('a previous authority is forgotten when it has ended, not before', () => {
  assert.is(authorityDecision(authoritySecret(authority, other.certificate), now, []).kind, 'keep');
  const decision = authorityDecision(authoritySecret(authority, 'no certificate'), now, []);
  assert.equal(decision.kind === 'set-previous' && decision.authority.previous, undefined);
});

renewal('what the API server trusts counts only if it signed what is served', () => {
  assert.equal(issuersInUse([authority.certificate, other.certificate], [leafSecret(leaf)], now), [authority.certificate]);
  assert.equal(issuersInUse([authority.certificate, 'no certificate'], [undefined], now), []);
  assert.equal(issuersInUse([authority.certificate], [leafSecret(leaf)], now + 4000 * dayMs), []);
});

renewal('a good certificate is kept, and looked at sixty days before its end', () => {
  const decision = leafDecision(leafSecret(leaf), demand);
  assert.is(decision.kind === 'keep' && Math.round(decision.nextMs / dayMs), 365 - 60);
});

for (const [title, secret, changes, because] of [
  ['is missing', undefined, {}, 'there is no certificate yet'],
  ['lost its key', leafSecret({ certificate: leaf.certificate, key: '' }), {}, 'its private key cannot be read'],
  ['has the key of another', leafSecret({ certificate: leaf.certificate, key: other.key }), {}, 'its private key belongs to another certificate'],
  ['is for another name', leafSecret(leaf), { dnsName: 'other.kubewarden.svc' }, 'the certificate is not for other.kubewarden.svc'],
  ['has ended', leafSecret(leaf), { nowMs: now + 366 * dayMs }, 'the certificate is not valid now'],
  ['ends within sixty days', leafSecret(leaf), { nowMs: now + 306 * dayMs }, 'the certificate ends soon'],
  ['was signed by another authority', leafSecret(leaf), { authority: { ...other, previous: undefined } }, 'the certificate authority has changed'],
] as const) {
  renewal(`a certificate that ${title} is made anew`, () => assert.equal(leafDecision(secret, { ...demand, ...changes }), { kind: 'mint', because }));
}

renewal('a certificate whose key is labelled wrongly, as old clusters have them, is made anew', async () => {
  const { createPrivateKey } = await import('node:crypto');
  const key = createPrivateKey(leaf.key).export({ type: 'pkcs8', format: 'pem' }).toString();
  assert.equal(leafDecision(leafSecret({ ...leaf, key }), demand), { kind: 'mint', because: "private key has invalid PEM header, expected 'EC PRIVATE KEY'" });
});

renewal('a certificate is not replaced before the API server trusts the new authority, unless it is useless anyway', () => {
  const changed = { ...demand, authority: { ...other, previous: authority.certificate }, trusted: false };
  assert.is(leafDecision(leafSecret(leaf), changed).kind, 'wait');
  assert.is(leafDecision(undefined, changed).kind, 'mint');
});

renewal('a Secret of an older format is made anew', () => {
  const state = { authority: demand.authority, trusted: true, nowMs: now };
  const place = serverLeaf(policyServer(), namespace);
  assert.equal(planLeaf(place, { ...state, seen: leafSecret(leaf, {}) }).actions.map(({ kind }) => kind), ['mint']);
  assert.equal(planLeaf(place, { ...state, seen: leafSecret(leaf, place.secret) }).actions, []);
});

renewal('a Secret that lost its labels and its owner gets them back, and keeps a certificate that is good', () => {
  const place = serverLeaf(policyServer(), namespace);
  const { actions, nextMs } = planLeaf(place, { authority: demand.authority, trusted: true, nowMs: now, seen: leafSecret(leaf) });
  assert.equal(actions.map((action) => action.kind === 'set-metadata' && action.metadata), [{ labels: place.secret.labels, annotations: place.secret.annotations, ownerReferences: place.secret.ownerReferences }]);
  assert.type(nextMs, 'number');
  const waiting = planLeaf(place, { authority: { ...other, previous: authority.certificate }, trusted: false, nowMs: now, seen: leafSecret(leaf) });
  assert.equal(waiting.actions.map(({ kind }) => kind), ['set-metadata']);
});

renewal('an authority is written as what was decided, and only over the one that was seen', () => {
  const secret = authoritySecret(authority);
  const [minted] = planAuthority(secret, { kind: 'mint', previous: 'OLD', because: 'why' }, namespace);
  assert.equal(minted?.kind === 'mint-authority' && [minted.previous, minted.precondition], ['OLD', { uid: 'kubewarden-ca-uid', resourceVersion: '1' }]);
  const [kept] = planAuthority(secret, { kind: 'set-previous', authority: { ...authority, previous: undefined }, because: '' }, namespace);
  const fields = kept?.kind === 'replace-fields' ? (kept.fields['data'] as object) : {};
  assert.equal(Object.keys(fields), ['ca.crt', 'ca.key']);
});

renewal('bundles hold the authority, and the previous one while there is one', () => {
  const bundle = authorityBundle({ ...authority, previous: other.certificate });
  assert.equal(certificatesOf(bundle), [authority.certificate.trim(), other.certificate.trim()]);
  assert.is(authorityBundle({ ...authority, previous: undefined }), authority.certificate);
});

renewal('Secrets are read and written as base64', () => {
  const secret = seen('Secret', 'a', { data: secretData({ a: 'ä', b: undefined }) });
  assert.equal([secretText(secret, 'a'), secretText(secret, 'b'), secretText(undefined, 'a')], ['ä', undefined, undefined]);
});

renewal('a Secret that can sign is an authority', () => {
  assert.equal(readAuthority(authoritySecret(authority, 'OLD'), now), { ...authority, previous: 'OLD' });
});

renewal.run();
