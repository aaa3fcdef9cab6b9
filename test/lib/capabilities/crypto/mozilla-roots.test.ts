import { rootCertificates } from 'node:tls';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { mozillaRoots } from '../../../../lib/capabilities/crypto/mozilla-roots.js';
import { validatePath } from '../../../../lib/capabilities/crypto/path-validator.js';
import { certify } from './authority.js';

const roots = suite('capabilities/crypto/mozilla-roots');

roots('are those of Node, read once', () => {
  assert.ok(mozillaRoots().length > 100);
  assert.is(mozillaRoots().length, rootCertificates.length);
  assert.is(mozillaRoots(), mozillaRoots());
});

roots('are anchors to the validator, every one', async () => {
  const { der } = await certify('leaf');
  const finding = await validatePath({ endEntity: der, anchors: mozillaRoots(), intermediates: [], time: new Date('2030-01-01') });
  assert.equal(finding, { kind: 'untrusted', problem: 'UnknownIssuer' });
});

roots('trust what they issued: their own certificate, but for being one of an authority', async () => {
  const [root = new Uint8Array(0)] = mozillaRoots();
  const finding = await validatePath({ endEntity: root, anchors: mozillaRoots(), intermediates: [], time: new Date('2024-06-01') });
  assert.equal(finding, { kind: 'invalid', problem: 'CaUsedAsEndEntity' });
});

roots.run();
