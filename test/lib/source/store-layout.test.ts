import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { parseLocation } from '../../../lib/source/location.js';
import { decodeComponents, encodeComponents, storeComponents, uriOfComponents } from '../../../lib/source/store-layout.js';

const layout = suite('source/store-layout');

const hex = 'a'.repeat(64);
const pathOf = (text: string): string => {
  const location = parseLocation(text);
  if (location.kind === 'file') throw new Error('files are not stored');
  return storeComponents(location).join('/');
};

const cases: readonly (readonly [string, string, string])[] = [
  ['a tag stays in the name', 'registry://ghcr.io/kubewarden/policies/x:v1', 'registry/ghcr.io/kubewarden/policies/x:v1'],
  ['a digest stays in the name', `registry://ghcr.io/x@sha256:${hex}`, `registry/ghcr.io/x@sha256:${hex}`],
  ['a missing tag is latest', 'registry://localhost:5000/x', 'registry/localhost:5000/x:latest'],
  ['Docker Hub is laid out as it was written', 'registry://kubewarden/x:v1', 'registry/kubewarden/x:v1'],
  ['a web server', 'https://h.example:8443/a/b.wasm', 'https/h.example:8443/a/b.wasm'],
  ['a plain web server is another place', 'http://h.example/a/b.wasm', 'http/h.example/a/b.wasm'],
];
for (const [title, uri, path] of cases) {
  layout(title, () => {
    assert.is(pathOf(uri), path);
    assert.is(uriOfComponents(path.split('/')), parseLocation(uri).uri);
  });
}

layout('URLs that differ in their query are stored apart, and the query is not readable', () => {
  const one = pathOf('https://h.example/a.wasm?token=secret');
  assert.match(one, /^https\/h\.example\/a\.wasm\?[0-9a-f]{16}$/);
  assert.is.not(one, pathOf('https://h.example/a.wasm?token=other'));
  assert.is(uriOfComponents(one.split('/')), 'https://h.example/a.wasm?...');
});

for (const bad of [
  '', 'registry', 'registry/x:v1', 'registry/../x:v1', 'registry/ghcr.io/../../etc/passwd', '/registry/ghcr.io/x:v1', 'registry/ghcr.io/x', 'registry/ghcr.io//x:v1', 'registry/GHCR.io/X:v1',
  'file/etc/passwd', '.digests/registry/ghcr.io/x:v1', 'https/h.example/../x', 'https/h.example/a/..', 'https/../x/0?0123456789abcdef', 'https/h.example/..?0123456789abcdef', 'https/u:p@h.example/x',
  'https/h.example/a b', 'https/h.example/a?b', 'https/h.example/a#b', 'https/H.example/a', 'ftp/h.example/a', 'registry/ghcr.io/x:v1/', 'registry/ghcr.io/x:v1\0', 'registry\\ghcr.io\\x:v1',
]) {
  layout(`no location is stored at ${JSON.stringify(bad)}`, () => assert.is(uriOfComponents(bad.split('/')), undefined));
}

layout('where the system reserves characters every part but the scheme is encoded', () => {
  const encoded = encodeComponents(['registry', 'ghcr.io', 'x:v1'], 'encoded');
  assert.equal(encoded, ['registry', 'Z2hjci5pbw', 'eDp2MQ']);
  assert.equal(decodeComponents(encoded, 'encoded'), ['registry', 'ghcr.io', 'x:v1']);
  assert.is(decodeComponents(['registry', 'not base64!'], 'encoded'), undefined);
  assert.equal(encodeComponents(['registry', 'x:v1'], 'plain'), ['registry', 'x:v1']);
});

layout('whatever is found at a path leads back to that path, which stays below the root', () => {
  const part = fc.oneof(fc.constantFrom('.', '..', '', 'a', 'x:v1', 'h.example', 'a?b', '%2e%2e', '%2F', 'ghcr.io', 'localhost:5000'), fc.string({ maxLength: 8 }));
  fc.assert(
    fc.property(fc.constantFrom('registry', 'https', 'http', 'file', '..'), fc.array(part, { maxLength: 4 }), (scheme, rest) => {
      const components = [scheme, ...rest];
      const uri = uriOfComponents(components);
      if (uri === undefined || uri.endsWith('?...')) return;
      assert.is(pathOf(uri), components.join('/'));
      assert.not.ok(components.some((component) => component === '' || component === '.' || component === '..'));
    }),
    { seed: 3, numRuns: 5000 },
  );
});

layout.run();
