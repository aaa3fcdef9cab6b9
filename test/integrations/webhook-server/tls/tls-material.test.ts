import { createPrivateKey, X509Certificate } from 'node:crypto';

import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { tlsMaterial } from '../../../../integrations/webhook-server/src/tls/tls-material.js';
import { faultOf } from '../../../support/fault-of.js';
import { createAuthority, type Authority, type TestCertificate } from '../../../support/policy-server/authority.js';

const material = suite('webhook-server/tls/tls-material');

let authority: Authority;
let pair: TestCertificate;
let other: TestCertificate;
material.before(async () => {
  authority = await createAuthority('root');
  pair = await authority.issueServer();
  other = await authority.issueServer();
});

material('a certificate and its key are served, without client authorities', () => {
  const made = tlsMaterial({ ...pair, clientCas: [] });
  assert.is(made.fingerprint, new X509Certificate(pair.certificate).fingerprint256);
  assert.is(made.ca, undefined);
});

material('a chain is served whole, the leaf first', async () => {
  const chained = await (await authority.createIntermediate('middle')).issueServer();
  const { cert } = tlsMaterial({ ...chained, clientCas: [] });
  assert.is(cert.match(/BEGIN CERTIFICATE/g)?.length, 2);
  assert.is(new X509Certificate(cert).subject, 'CN=policy-server');
});

material('text around the certificates does not matter', () => {
  assert.is(tlsMaterial({ certificate: `subject=/CN=x\n${pair.certificate}\ntrailing`, key: pair.key, clientCas: [] }).cert, pair.certificate.trim());
});

material('client authorities of several files come together', async () => {
  const second = await createAuthority('second');
  const third = await createAuthority('third');
  const { ca } = tlsMaterial({ ...pair, clientCas: [`${authority.pem}\n${second.pem}`, third.pem] });
  assert.is(ca?.length, 3);
});

const half = (text: string): string => text.slice(0, text.length / 2);
const cases: readonly (readonly [string, () => Parameters<typeof tlsMaterial>[0], string])[] = [
  ['an empty certificate', () => ({ certificate: '', key: pair.key, clientCas: [] }), 'the certificate file holds no PEM certificate'],
  ['half a certificate', () => ({ certificate: half(pair.certificate), key: pair.key, clientCas: [] }), 'the certificate file holds no PEM certificate'],
  ['a certificate that is none', () => ({ certificate: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----', key: pair.key, clientCas: [] }), 'Cannot use the TLS files: the certificate file holds a certificate that cannot be read ('],
  ['a chain whose end is missing', () => ({ certificate: pair.certificate + half(authority.pem), key: pair.key, clientCas: [] }), 'the certificate file ends within a certificate'],
  ['a chain whose second certificate is none', () => ({ certificate: `${pair.certificate}\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----`, key: pair.key, clientCas: [] }), 'the certificate file holds as number 2 a certificate that cannot be read ('],
  ['an empty key', () => ({ certificate: pair.certificate, key: '', clientCas: [] }), 'the key file holds no PEM private key'],
  ['certificate and key in each other’s place', () => ({ certificate: pair.key, key: pair.certificate, clientCas: [] }), 'the certificate file holds no PEM certificate'],
  ['a certificate as key', () => ({ certificate: pair.certificate, key: pair.certificate, clientCas: [] }), 'the key file holds no PEM private key'],
  ['half a key', () => ({ certificate: pair.certificate, key: half(pair.key), clientCas: [] }), 'the key file holds a private key that cannot be read ('],
  ['an encrypted key', () => ({ certificate: pair.certificate, key: createPrivateKey(pair.key).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }).toString(), clientCas: [] }), 'the private key is encrypted, and there is nobody to ask for its passphrase'],
  ["another certificate's key", () => ({ certificate: pair.certificate, key: other.key, clientCas: [] }), 'the private key does not belong to the certificate'],
  ['a client authority that is none', () => ({ ...pair, clientCas: [authority.pem, 'nothing'] }), 'the client CA file holds no PEM certificate'],
  ['client authorities of which the last is cut off', () => ({ ...pair, clientCas: [`${authority.pem}\n${half(authority.pem)}`] }), 'the client CA file ends within a certificate'],
  ['a client authority of which one half is missing', () => ({ ...pair, clientCas: [half(authority.pem)] }), 'the client CA file holds no PEM certificate'],
];
for (const [title, files, problem] of cases) {
  material(`${title} is refused`, () => {
    const fault = faultOf(() => tlsMaterial(files()));
    assert.is(fault.code, 'TLS_MATERIAL_INVALID');
    assert.match(fault.message, problem);
    assert.not.match(fault.message, /PRIVATE KEY|MII/);
  });
}

material.run();
