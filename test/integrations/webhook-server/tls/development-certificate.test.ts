import { X509Certificate } from 'node:crypto';

import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { createDevelopmentCertificate } from '../../../../integrations/webhook-server/src/tls/development-certificate.js';

const development = suite('webhook-server/tls/development-certificate');

development('is for loopback alone, lasts a week, and its authority gives away no key', async () => {
  const { material, authority } = await createDevelopmentCertificate();
  const leaf = new X509Certificate(material.cert);
  const root = new X509Certificate(authority);
  assert.ok(leaf.checkIssued(root) && leaf.verify(root.publicKey));
  assert.equal((leaf.subjectAltName ?? '').split(', ').sort(), ['DNS:localhost', 'IP Address:0:0:0:0:0:0:0:1', 'IP Address:127.0.0.1']);
  const days = (Date.parse(leaf.validTo) - Date.parse(leaf.validFrom)) / 86_400_000;
  assert.ok(days > 6 && days < 8, String(days));
  assert.not.match(authority, 'PRIVATE KEY');
});

development('is another one each time', async () => {
  const [first, second] = [await createDevelopmentCertificate(), await createDevelopmentCertificate()];
  assert.is.not(first.material.fingerprint, second.material.fingerprint);
});

development.run();
