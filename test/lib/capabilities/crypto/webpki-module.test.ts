import { createHash } from 'node:crypto';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { webpkiBase64, webpkiDigest } from '../../../../lib/capabilities/crypto/webpki-module.js';

const carried = suite('capabilities/crypto/webpki-module');
const bytes = Buffer.from(webpkiBase64.join(''), 'base64');
const module = new WebAssembly.Module(bytes);

carried('is what its digest says', () => assert.is(createHash('sha256').update(bytes).digest('hex'), webpkiDigest));

carried('can ask its host for nothing but the check of a signature', () => {
  assert.equal(WebAssembly.Module.imports(module), [{ module: 'host', name: 'verify_signature', kind: 'function' }]);
});

carried('takes 32 MiB of memory and no more', () => {
  const { memory } = new WebAssembly.Instance(module, { host: { verify_signature: () => 0 } }).exports;
  assert.instance(memory, WebAssembly.Memory);
  if (!(memory instanceof WebAssembly.Memory)) return;
  const pages = memory.buffer.byteLength / 65536;
  assert.is(memory.grow(512 - pages), pages);
  assert.throws(() => memory.grow(1));
});

carried.run();
