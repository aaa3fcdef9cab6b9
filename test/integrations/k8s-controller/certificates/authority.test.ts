import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { mintAuthority, mintLeaf } from '../../../../integrations/k8s-controller/src/certificates/authority.js';
import type { KeyPair } from '../../../../integrations/k8s-controller/src/certificates/key-pair.js';
import { scratchFolder } from '../../../support/scratch.js';

const minting = suite('k8s-controller/certificates/authority');

const now = Date.now();
const dayMs = 24 * 60 * 60 * 1000;
const name = 'policy-server-default.kubewarden.svc';

/** What openssl says to a chain, as strictly as it can. */
function verified(authority: string, leaf: string, ...words: readonly string[]): string {
  const folder = scratchFolder();
  writeFileSync(join(folder, 'ca.pem'), authority);
  writeFileSync(join(folder, 'leaf.pem'), leaf);
  return execFileSync('openssl', ['verify', '-x509_strict', ...words, '-CAfile', 'ca.pem', 'leaf.pem'], { cwd: folder, encoding: 'utf8', stdio: 'pipe' }).trim();
}

function shown(pem: string): string {
  return execFileSync('openssl', ['x509', '-noout', '-text'], { input: pem, encoding: 'utf8' });
}

function fromOpenssl(...key: readonly string[]): KeyPair {
  const folder = scratchFolder();
  execFileSync('openssl', ['req', '-x509', ...key, '-nodes', '-keyout', 'k', '-out', 'c', '-days', '30', '-subj', '/CN=their own', '-addext', 'keyUsage=critical,keyCertSign'], { cwd: folder, stdio: 'pipe' });
  const read = (file: string): string => execFileSync('cat', [join(folder, file)], { encoding: 'utf8' });
  return { certificate: read('c'), key: read('k') };
}

const authority = await mintAuthority(now);

minting('a server\'s certificate passes openssl\'s strictest check for its name', async () => {
  const leaf = await mintLeaf(authority, { commonName: name, dnsNames: [name] }, now);
  assert.is(verified(authority.certificate, leaf.certificate, '-purpose', 'sslserver', '-verify_hostname', name), 'leaf.pem: OK');
  assert.throws(() => verified(authority.certificate, leaf.certificate, '-verify_hostname', 'other.kubewarden.svc'));
});

minting('a client\'s certificate has no names and passes as one', async () => {
  const leaf = await mintLeaf(authority, { commonName: 'audit-scanner-client', dnsNames: [] }, now);
  assert.is(verified(authority.certificate, leaf.certificate, '-purpose', 'sslclient'), 'leaf.pem: OK');
  assert.not.match(shown(leaf.certificate), /Alternative Name/);
});

minting('the authority is one, for ten years, under the contract\'s name', () => {
  const certificate = new X509Certificate(authority.certificate);
  assert.is(certificate.subject, 'CN=kubewarden-controller-ca');
  assert.is(certificate.ca, true);
  assert.is(Math.round((Date.parse(certificate.validTo) - now) / dayMs), 3650);
  assert.match(shown(authority.certificate), /CA:TRUE/);
});

minting('a certificate holds for a year, from a little before now', async () => {
  const certificate = new X509Certificate((await mintLeaf(authority, { commonName: name, dnsNames: [name] }, now)).certificate);
  assert.is(Math.round((Date.parse(certificate.validTo) - now) / dayMs), 365);
  assert.ok(Date.parse(certificate.validFrom) < now);
  assert.equal([certificate.subject, certificate.subjectAltName], [`CN=${name}`, `DNS:${name}`]);
});

minting('a certificate never outlives its authority', async () => {
  const short = fromOpenssl('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1');
  const leaf = new X509Certificate((await mintLeaf(short, { commonName: name, dnsNames: [name] }, now)).certificate);
  assert.is(leaf.validTo, new X509Certificate(short.certificate).validTo);
});

minting('certificates are for what the contract says, and for nothing more', async () => {
  const own = shown(authority.certificate);
  assert.match(own, /Key Usage: critical\n\s+Digital Signature, Key Encipherment, Certificate Sign\n/);
  const leaf = shown((await mintLeaf(authority, { commonName: name, dnsNames: [name] }, now)).certificate);
  assert.match(leaf, /Key Usage: critical\n\s+Digital Signature, Key Encipherment\n/);
  assert.not.match(leaf, /Basic Constraints/);
  for (const text of [own, leaf]) {
    assert.match(text, /Extended Key Usage: \n\s+TLS Web (Server|Client) Authentication, TLS Web (Server|Client) Authentication\n/);
    assert.match(text, /ASN1 OID: prime256v1/);
    assert.match(text, /Signature Algorithm: ecdsa-with-SHA256/);
  }
});

minting('keys are written as the reference reads them', async () => {
  for (const { key } of [authority, await mintLeaf(authority, { commonName: name, dnsNames: [name] }, now)]) {
    assert.match(key, /^-----BEGIN EC PRIVATE KEY-----\n/);
    assert.is(createPrivateKey(key).asymmetricKeyType, 'ec');
  }
});

minting('every serial number is another, positive and of 128 bits', async () => {
  const serials = await Promise.all(Array.from({ length: 20 }, async () => new X509Certificate((await mintLeaf(authority, { commonName: name, dnsNames: [name] }, now)).certificate).serialNumber));
  assert.is(new Set(serials).size, 20);
  assert.ok(serials.every((serial) => serial.length === 32 && Number.parseInt(serial.slice(0, 2), 16) < 0x80));
});

minting('a name that is too long for the subject is in the alternative names, whole', async () => {
  const long = `policy-server-${'a'.repeat(38)}.${'b'.repeat(40)}.svc`;
  const leaf = await mintLeaf(authority, { commonName: long, dnsNames: [long] }, now);
  assert.is(verified(authority.certificate, leaf.certificate, '-verify_hostname', long), 'leaf.pem: OK');
  assert.is(new X509Certificate(leaf.certificate).subject, `CN=${long.slice(0, 64)}`);
});

for (const [title, key] of [
  ['a P-384 key', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp384r1']],
  ['an RSA key', ['-newkey', 'rsa:2048']],
] as const) {
  minting(`an operator's own authority with ${title} signs too`, async () => {
    const own = fromOpenssl(...key);
    const leaf = await mintLeaf(own, { commonName: name, dnsNames: [name] }, now);
    assert.is(verified(own.certificate, leaf.certificate, '-verify_hostname', name), 'leaf.pem: OK');
  });
}

minting.run();
