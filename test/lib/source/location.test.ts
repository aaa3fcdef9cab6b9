import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { hasScheme, isMoving, parseLocation } from '../../../lib/source/location.js';
import { faultOf } from '../../support/fault-of.js';

const location = suite('source/location');

const hex = 'a'.repeat(64);
const readings: readonly (readonly [string, string, string, string])[] = [
  ['a file', 'file:///a/b.wasm', 'file', 'file:///a/b.wasm'],
  ['a web server', 'https://h.example/a/b.wasm', 'https', 'https://h.example/a/b.wasm'],
  ['a web server in plain', 'HTTP://H.example:8080/b.wasm', 'http', 'http://h.example:8080/b.wasm'],
  ['a path that climbs is straightened', 'https://h.example/a/../../b.wasm', 'https', 'https://h.example/b.wasm'],
  ['a query is hidden: it may be a signature', 'https://h.example/b.wasm?sig=secret#x', 'https', 'https://h.example/b.wasm?...'],
  ['a registry', 'registry://ghcr.io/kubewarden/p:v1', 'registry', 'registry://ghcr.io/kubewarden/p:v1'],
  ['a registry without a scheme', 'ghcr.io/kubewarden/p:v1', 'registry', 'registry://ghcr.io/kubewarden/p:v1'],
  ['a host and port without a scheme', 'localhost:5000/p', 'registry', 'registry://localhost:5000/p:latest'],
  ['a registry without a tag', 'registry://ghcr.io/p', 'registry', 'registry://ghcr.io/p:latest'],
  ['a registry with a digest', `registry://ghcr.io/p@sha256:${hex}`, 'registry', `registry://ghcr.io/p@sha256:${hex}`],
  ['Docker Hub is kept as it was written', 'registry://kubewarden/p:v1', 'registry', 'registry://kubewarden/p:v1'],
  ['a lone name is on Docker Hub', 'p', 'registry', 'registry://docker.io/library/p:latest'],
];
for (const [title, text, kind, uri] of readings) {
  location(title, () => {
    const read = parseLocation(text);
    assert.is(read.kind, kind);
    assert.is(read.uri, uri);
  });
}

location('the path of a file is decoded', () => {
  const read = parseLocation('file:///a%20b/c.wasm');
  assert.is(read.kind === 'file' && read.path, '/a b/c.wasm');
});

const mistakes: readonly (readonly [string, string, string])[] = [
  ['another scheme', 'ftp://h/x.wasm', 'unknown scheme: ftp'],
  ['a file on another host', 'file://h/x.wasm', 'cannot retrieve path from uri: file://h/x.wasm'],
  ['a web server without a file', 'https://h.example/', 'names no file'],
  ['a folder of a web server', 'https://h.example/a/', 'names no file'],
  ['a path with a hole', 'https://h.example/a//b.wasm', 'its path has an empty segment'],
  ['a host of dots, which would climb out of the store', 'https://../registry/ghcr.io/p:v1', 'it names no host'],
  ['a lone dot as host', 'http://./x.wasm', 'it names no host'],
  ['no URL', 'https://', 'it is no URL'],
  ['a malformed reference', 'registry://ghcr.io/P', 'cannot read the location registry://ghcr.io/P: Invalid OCI image reference'],
  ['nothing', '', 'Invalid OCI image reference'],
];
for (const [title, text, found] of mistakes) {
  location(`refused: ${title}`, () => {
    const fault = faultOf(() => parseLocation(text));
    assert.is(fault.code, 'LOCATION_INVALID');
    assert.match(fault.message, found);
  });
}

location('credentials in a URL are refused and not repeated', () => {
  const fault = faultOf(() => parseLocation('https://user:hunter2@h.example/x.wasm'));
  assert.is(fault.message, 'cannot use the location https://h.example/x.wasm: a location must not hold credentials');
});

location('only a registry reference by the tag latest may move', () => {
  assert.ok(isMoving(parseLocation('registry://ghcr.io/p')));
  assert.ok(isMoving(parseLocation('registry://ghcr.io/p:latest')));
  assert.not.ok(isMoving(parseLocation('registry://ghcr.io/p:v1')));
  assert.not.ok(isMoving(parseLocation(`registry://ghcr.io/p:latest@sha256:${hex}`)));
  assert.not.ok(isMoving(parseLocation('https://h.example/latest')));
});

location('a scheme is told from a host with a port', () => {
  assert.ok(hasScheme('registry://x'));
  assert.not.ok(hasScheme('localhost:5000/x'));
});

location.run();
