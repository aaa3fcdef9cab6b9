// Fetching over real servers on loopback: what arrives, what is kept, what is refused.
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { digestOf } from '../../../lib/oci/digest.js';
import { wasmArtifact } from '../../../lib/oci/wasm-artifact.js';
import { createModuleFetcher, type ModuleFetcher, type Verification } from '../../../lib/source/module-fetcher.js';
import { ModuleStore } from '../../../lib/source/module-store.js';
import { makeCertificates } from '../../support/certificates.js';
import { filesBelow, modulesBelow } from '../../support/file-tree.js';
import { moduleBytes } from '../../support/modules.js';
import { rejectionOf } from '../../support/rejection.js';
import { scratchFolder } from '../../support/scratch.js';
import { insecure, openBench, type SourceBench, trusted } from '../../support/source-bench.js';
import { type Answerer, startWebServer, type WebServer } from '../../support/web-server.js';

const fetcher = suite('source/module-fetcher');

const certificates = makeCertificates();

interface Stand extends AsyncDisposable {
  readonly server: WebServer;
  readonly bench: SourceBench;
  readonly root: string;
  readonly fetcher: ModuleFetcher;
}

/** A server over TLS, a client that trusts it, and an empty store. */
async function stand(answer: Answerer, options: { readonly verification?: Verification; readonly maxModuleBytes?: number } = {}): Promise<Stand> {
  const server = await startWebServer(answer, certificates);
  const bench = openBench({ [server.host]: trusted(certificates.ca) });
  const root = join(scratchFolder(), 'store');
  const onEvent = (event: (typeof bench.events)[number]): void => void bench.events.push(event);
  const store = new ModuleStore({ root, onEvent });
  return {
    server,
    bench,
    root,
    fetcher: createModuleFetcher({ clients: bench, store, platform: { os: 'linux', architecture: 'amd64' }, onEvent, ...options }),
    async [Symbol.asyncDispose]() {
      await bench.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Answers as a registry that holds one policy under every name and tag. */
function registryOf(current: () => Uint8Array): Answerer {
  return (request, response) => {
    const { config, layer, manifest } = wasmArtifact(current(), {});
    const found = [config, layer].find(({ digest }) => request.url?.endsWith(digest) === true);
    if (found !== undefined) response.end(found.bytes);
    else if (request.url?.includes('/manifests/') === true) response.end(manifest.bytes);
    else response.writeHead(404).end();
  };
}

fetcher('a local file is answered as it is, unread', async () => {
  await using at = await stand(() => undefined);
  assert.equal(await at.fetcher.fetch('file:///not/there.wasm'), { path: '/not/there.wasm', origin: 'file' });
});

fetcher('a module from a web server is stored, and taken from the store the next time', async () => {
  await using at = await stand((_request, response) => response.end(moduleBytes(1, 5000)));
  const path = join(at.root, 'https', at.server.host, 'p.wasm');
  const digest = digestOf(moduleBytes(1, 5000));
  assert.equal(await at.fetcher.fetch(`${at.server.origin}/p.wasm`), { path, origin: 'network', digest });
  assert.equal(await at.fetcher.fetch(`${at.server.origin}/p.wasm`), { path, origin: 'store', digest });
  assert.is(at.server.seen.length, 1);
  assert.equal(new Uint8Array(readFileSync(path)), moduleBytes(1, 5000));
});

fetcher('a module from a registry is stored, and taken from the store the next time', async () => {
  await using at = await stand(registryOf(() => moduleBytes(1)));
  const path = join(at.root, 'registry', at.server.host, 'team/p:v1');
  assert.equal(await at.fetcher.fetch(`registry://${at.server.host}/team/p:v1`), { path, origin: 'network', digest: digestOf(moduleBytes(1)) });
  const asked = at.server.seen.length;
  assert.is((await at.fetcher.fetch(`${at.server.host}/team/p:v1`)).origin, 'store');
  assert.is(at.server.seen.length, asked);
});

fetcher('the tag latest is asked for every time, and its content only when it changed', async () => {
  let seed = 1;
  await using at = await stand(registryOf(() => moduleBytes(seed)));
  const fetch = () => at.fetcher.fetch(`registry://${at.server.host}/p`);
  assert.is((await fetch()).origin, 'network');
  assert.is((await fetch()).origin, 'store');
  assert.is(at.server.seen.filter(({ url }) => url.includes('/manifests/')).length, 2);
  seed = 2;
  const third = await fetch();
  assert.is(third.origin, 'network');
  assert.is(third.digest, digestOf(moduleBytes(2)));
  assert.equal(modulesBelow(at.root), [`registry/${at.server.host}/p:latest`]);
});

fetcher('a stored module with damage is fetched again, and that is told', async () => {
  await using at = await stand((_request, response) => response.end(moduleBytes(1)));
  const { path } = await at.fetcher.fetch(`${at.server.origin}/p.wasm`);
  writeFileSync(path, moduleBytes(2));
  assert.equal(await at.fetcher.fetch(`${at.server.origin}/p.wasm`), { path, origin: 'network', digest: digestOf(moduleBytes(1)) });
  assert.ok(at.bench.events.some((event) => event.kind === 'stored-module-corrupted' && event.path === path));
});

fetcher('many callers of one module share one download', async () => {
  await using at = await stand((_request, response) => response.end(moduleBytes(1, 200_000)));
  const fetched = await Promise.all([1, 2, 3, 4, 5].map(() => at.fetcher.fetch(`${at.server.origin}/p.wasm`)));
  assert.is(at.server.seen.length, 1);
  assert.is(new Set(fetched.map(({ digest }) => digest)).size, 1);
});

fetcher('a caller who leaves does not take the download from the others', async () => {
  const leaver = new AbortController();
  let finish = (): void => undefined;
  await using at = await stand((_request, response) => {
    response.write(moduleBytes(1, 2000).subarray(0, 1000));
    finish = () => response.end(moduleBytes(1, 2000).subarray(1000));
    leaver.abort();
  });
  const left = at.fetcher.fetch(`${at.server.origin}/p.wasm`, { signal: leaver.signal });
  const stayed = at.fetcher.fetch(`${at.server.origin}/p.wasm`);
  const fault = await rejectionOf(left);
  assert.is(fault.code, 'HTTP_ABORTED');
  assert.match(fault.message, `${at.server.origin}/p.wasm`);
  finish();
  assert.is((await stayed).digest, digestOf(moduleBytes(1, 2000)));
});

const refusals: readonly (readonly [string, Answerer, string, string])[] = [
  ['a missing file', (_request, response) => response.writeHead(404).end(moduleBytes(1)), 'MODULE_DOWNLOAD_FAILED', 'the server answered 404'],
  ['a forbidden file', (_request, response) => response.writeHead(403).end(), 'MODULE_DOWNLOAD_FAILED', 'the server answered 403'],
  ['part of a file', (_request, response) => response.writeHead(206).end(moduleBytes(1)), 'MODULE_DOWNLOAD_FAILED', 'the server answered 206'],
  ['a page', (_request, response) => response.end('<html>Sign in</html>'), 'MODULE_INVALID', 'invalid wasm file'],
  ['nothing', (_request, response) => response.end(), 'MODULE_INVALID', 'invalid wasm file'],
  ['too much', (_request, response) => response.end(moduleBytes(1, 5001)), 'MODULE_TOO_LARGE', 'the module is larger than 5000 bytes'],
  ['a connection that is reset', (request, response) => void response.writeHead(200, { 'content-length': '5000' }).write(moduleBytes(1), () => request.socket.destroy()), 'HTTP_INTERRUPTED', 'the connection was closed early'],
  ['a redirect to plain HTTP', (_request, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/p.wasm' }).end(), 'HTTP_REDIRECT_REFUSED', 'it leads from HTTPS to plain HTTP'],
];
for (const [title, answer, code, found] of refusals) {
  fetcher(`${title} is a sentence with the location, and leaves nothing`, async () => {
    await using at = await stand(answer, { maxModuleBytes: 5000 });
    const fault = await rejectionOf(at.fetcher.fetch(`${at.server.origin}/p.wasm`));
    assert.is(fault.code, code);
    assert.match(fault.message, `cannot download ${at.server.origin}/p.wasm: `);
    assert.match(fault.message, found);
    assert.equal(filesBelow(at.root), []);
    assert.equal(at.bench.events.filter(({ kind }) => kind === 'fetch-failed'), [{ kind: 'fetch-failed', location: `${at.server.origin}/p.wasm`, code, message: fault.message }]);
  });
}

fetcher('a reset in the middle is mended by another attempt', async () => {
  await using at = await stand((request, response) => {
    response.writeHead(200, { 'content-length': '5000' });
    if (at.server.seen.length === 1) response.write(moduleBytes(1), () => request.socket.destroy());
    else response.end(moduleBytes(1, 5000));
  });
  assert.is((await at.fetcher.fetch(`${at.server.origin}/p.wasm`)).digest, digestOf(moduleBytes(1, 5000)));
  assert.equal(at.bench.waits, [750]);
  assert.equal(modulesBelow(at.root), [`https/${at.server.host}/p.wasm`]);
});

const registryRefusals: readonly (readonly [string, Answerer, string, string])[] = [
  ['an unknown tag', (_request, response) => response.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}'), 'REGISTRY_NOT_FOUND', '(MANIFEST_UNKNOWN)'],
  ['an image that is no policy', (_request, response) => response.end(JSON.stringify({ schemaVersion: 2, config: layerOf('c'), layers: [layerOf('application/vnd.oci.image.layer.v1.tar')] })), 'OCI_ARTIFACT_INVALID', 'Incompatible layer media type'],
  ['an artifact without layers', (_request, response) => response.end(JSON.stringify({ schemaVersion: 2, config: layerOf('c'), layers: [] })), 'OCI_ARTIFACT_INVALID', 'empty layers'],
  ['a layer that is no module', registryOf(() => new TextEncoder().encode('no module at all')), 'MODULE_INVALID', 'invalid wasm file'],
  ['a layer that is too large', registryOf(() => moduleBytes(1, 5001)), 'OCI_CONTENT_TOO_LARGE', 'the content has 5001 bytes, more than the 5000 that are allowed'],
];
for (const [title, answer, code, found] of registryRefusals) {
  fetcher(`${title} is a sentence with the reference, and leaves nothing`, async () => {
    await using at = await stand(answer, { maxModuleBytes: 5000 });
    const fault = await rejectionOf(at.fetcher.fetch(`registry://${at.server.host}/p:v1`));
    assert.is(fault.code, code);
    assert.match(fault.message, `${at.server.host}/p:v1`);
    assert.match(fault.message, found);
    assert.equal(filesBelow(at.root), []);
  });
}

function layerOf(mediaType: string) {
  return { mediaType, digest: digestOf(moduleBytes(1)), size: 1000 };
}

fetcher('a pinned module must have its digest, from wherever it comes', async () => {
  await using at = await stand((_request, response) => response.end(moduleBytes(1)));
  const url = `${at.server.origin}/p.wasm`;
  assert.is((await at.fetcher.fetch(url, { digest: digestOf(moduleBytes(1)) })).origin, 'network');
  assert.is((await at.fetcher.fetch(url, { digest: digestOf(moduleBytes(1)) })).origin, 'store');
  const fault = await rejectionOf(at.fetcher.fetch(url, { digest: digestOf(moduleBytes(2)) }));
  assert.is(fault.code, 'MODULE_DIGEST_MISMATCH');
  assert.is((await at.fetcher.fetch(url)).digest, digestOf(moduleBytes(1)));
});

fetcher('a module goes to a file or into a folder where that is asked for, and not to the store', async () => {
  await using at = await stand((_request, response) => response.end(moduleBytes(1)));
  const folder = scratchFolder();
  mkdirSync(join(folder, 'sub'));
  const url = `${at.server.origin}/a/p.wasm`;
  assert.is((await at.fetcher.fetch(url, { destination: join(folder, 'named.wasm') })).path, join(folder, 'named.wasm'));
  assert.is((await at.fetcher.fetch(url, { destination: join(folder, 'sub') })).path, join(folder, 'sub', 'p.wasm'));
  assert.equal(filesBelow(folder), ['named.wasm', 'sub/p.wasm']);
  assert.equal(filesBelow(at.root), []);
  await rejectionOf(at.fetcher.fetch(url, { destination: join(folder, 'named.wasm', 'x') }));
  assert.equal(filesBelow(folder), ['named.wasm', 'sub/p.wasm']);
});

fetcher('a destination that is a symbolic link stays one, and one that is no regular file is not replaced', async () => {
  await using at = await stand((_request, response) => response.end(moduleBytes(1)));
  const [folder, url] = [scratchFolder(), `${at.server.origin}/a/p.wasm`];
  const [linked, link, pipe] = ['linked.wasm', 'link.wasm', 'pipe.wasm'].map((name) => join(folder, name)) as [string, string, string];
  writeFileSync(linked, 'old');
  symlinkSync(linked, link);
  await at.fetcher.fetch(url, { destination: link });
  assert.ok(lstatSync(link).isSymbolicLink());
  assert.equal(readFileSync(linked), Buffer.from(moduleBytes(1)));
  execFileSync('mkfifo', [pipe]);
  assert.match((await rejectionOf(at.fetcher.fetch(url, { destination: pipe }))).message, `cannot write to "${pipe}": it is no regular file`);
  assert.ok(lstatSync(pipe).isFIFO());
});

fetcher('progress is told from start to finish', async () => {
  await using at = await stand((_request, response) => response.writeHead(200, { 'content-length': '5000' }).end(moduleBytes(1, 5000)));
  const location = `${at.server.origin}/p.wasm`;
  const { path } = await at.fetcher.fetch(location);
  const { events } = at.bench;
  assert.equal(events[0], { kind: 'fetch-started', location });
  assert.equal(events.at(-2), { kind: 'fetch-progressed', location, receivedBytes: 5000, totalBytes: 5000 });
  assert.equal(events.at(-1), { kind: 'fetch-finished', location, path, origin: 'network' });
});

fetcher('the query of a URL is sent and never shown', async () => {
  await using at = await stand((_request, response) => response.writeHead(404).end());
  const fault = await rejectionOf(at.fetcher.fetch(`${at.server.origin}/p.wasm?sig=hunter2`));
  assert.is(at.server.seen[0]?.url, '/p.wasm?sig=hunter2');
  assert.not.match(JSON.stringify([fault, fault.stack, at.bench.events]), 'hunter2');
});

fetcher('plain HTTP is for insecure sources only', async () => {
  await using server = await startWebServer((_request, response) => response.end(moduleBytes(1)));
  for (const [hosts, code] of [[{}, 'HTTP_PLAIN_REFUSED'], [{ [server.host]: insecure }, undefined]] as const) {
    await using bench = openBench(hosts);
    const one = createModuleFetcher({ clients: bench, store: new ModuleStore({ root: scratchFolder() }), platform: { os: 'linux', architecture: 'amd64' } });
    if (code === undefined) assert.is((await one.fetch(`${server.origin}/p.wasm`)).origin, 'network');
    else assert.is((await rejectionOf(one.fetch(`${server.origin}/p.wasm`))).code, code);
  }
});

fetcher('an HTTPS location is never fetched in plain, even of an insecure source', async () => {
  await using server = await startWebServer((_request, response) => response.end(moduleBytes(1)));
  await using bench = openBench({ [server.host]: insecure });
  const one = createModuleFetcher({ clients: bench, store: new ModuleStore({ root: scratchFolder() }), platform: { os: 'linux', architecture: 'amd64' } });
  assert.is((await rejectionOf(one.fetch(`https://${server.host}/p.wasm`))).code, 'HTTP_UNREACHABLE');
  assert.is(server.seen.length, 0);
});

fetcher('a verification that nobody can carry out fetches nothing', async () => {
  await using at = await stand(registryOf(() => moduleBytes(1)), { verification: {} });
  for (const [location, found] of [
    [`registry://${at.server.host}/p:v1`, 'nothing is loaded unverified'],
    [`${at.server.origin}/p.wasm`, 'Verification only works with OCI images: Not a valid oci image'],
    ['file:///p.wasm', 'Verification only works with OCI images: Not a valid oci image'],
  ] as const) {
    const fault = await rejectionOf(at.fetcher.fetch(location));
    assert.is(fault.code, 'VERIFICATION_UNAVAILABLE');
    assert.match(fault.message, location);
    assert.match(fault.message, found);
  }
  assert.is(at.server.seen.length, 0);
  assert.equal(filesBelow(at.root), []);
});

fetcher('a verified module is fetched by the digest that was verified, and the store is no way around it', async () => {
  let seed = 1;
  const digest = wasmArtifact(moduleBytes(1), {}).manifest.digest;
  await using at = await stand(registryOf(() => moduleBytes(seed)), { verification: { verifier: () => Promise.resolve(digest) } });
  assert.is((await at.fetcher.fetch(`registry://${at.server.host}/p:v1`)).digest, digestOf(moduleBytes(1)));
  assert.ok(at.server.seen[0]?.url.endsWith(`/manifests/${digest}`));
  writeFileSync(join(at.root, 'registry', at.server.host, 'p:v1'), moduleBytes(3));
  assert.is((await at.fetcher.fetch(`registry://${at.server.host}/p:v1`)).digest, digestOf(moduleBytes(1)));
  seed = 2;
  assert.is((await rejectionOf(at.fetcher.fetch(`registry://${at.server.host}/p:v1`))).code, 'OCI_DIGEST_MISMATCH');
});

fetcher.run();
