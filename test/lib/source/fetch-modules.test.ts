// The whole way: a registry with passwords and a private authority, a web server, files of the operator's as they are mounted
// into a policy server; two processes on one store; a full disk.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { digestOf } from '../../../lib/oci/digest.js';
import { readDockerConfig } from '../../../lib/source/docker-config-file.js';
import { fetchModules, machinePlatform } from '../../../lib/source/fetch-modules.js';
import { ModuleStore } from '../../../lib/source/module-store.js';
import { manifestAnnotations, parseDestination, pushModule } from '../../../lib/source/push-module.js';
import { createSourceClients } from '../../../lib/source/source-clients.js';
import type { SourceEvent } from '../../../lib/source/source-event.js';
import { readSources } from '../../../lib/source/sources-file.js';
import { makeCertificates } from '../../support/certificates.js';
import { startRegistry } from '../../support/container-registry.js';
import { faultOf } from '../../support/fault-of.js';
import { filesBelow, modulesBelow } from '../../support/file-tree.js';
import { moduleBytes } from '../../support/modules.js';
import { rejectionOf } from '../../support/rejection.js';
import { scratchFolder } from '../../support/scratch.js';
import { haveTools } from '../../support/tools.js';
import { startWebServer } from '../../support/web-server.js';

const fetching = suite('source/fetch-modules');

/** A retry policy that does not wait. */
const retry = { attempts: 2, firstDelayMs: 0, maxDelayMs: 0, maxRetryAfterMs: 0 };
const insecureEverywhere = { access: () => ({ insecure: true, plainCredentials: false, authorities: [] }), proxies: { except: [] } };

if (haveTools(['docker-registry', 'htpasswd', 'openssl'], "modules from a registry with passwords and a private authority, by the operator's files")) {
  fetching("modules come from a registry and a web server by the operator's files, and each failure is a sentence of its own", async () => {
    const certificates = makeCertificates();
    await using registry = await startRegistry({ certificates, users: { user: 'pass:word' } });
    await using server = await startWebServer((request, response) => (request.url === '/p.wasm' ? response.end(moduleBytes(2)) : response.end('<html>')), certificates);
    const folder = scratchFolder();
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths: { [registry.host]: { auth: Buffer.from('user:pass:word').toString('base64') } } }));
    const authority = { type: 'Path', path: join(certificates.folder, 'ca.crt') };
    writeFileSync(join(folder, 'sources.yml'), JSON.stringify({ source_authorities: { [registry.host]: [authority], [server.host]: [authority] } }));
    const sources = await readSources(join(folder, 'sources.yml'), {});
    const dockerConfig = await readDockerConfig(folder);

    const clients = createSourceClients({ sources, dockerConfig });
    const { annotations, dropped } = manifestAnnotations({ 'io.kubewarden.policy.title': ' p ', 'io.kubewarden.policy.usage': 'a\nb', 'io.kubewarden.policy.source': 'https://s.example' });
    assert.equal(dropped, ['io.kubewarden.policy.usage']);
    const destination = parseDestination(`${registry.host}/team/p:v1`);
    const immutable = await pushModule(clients.registry, { module: moduleBytes(1), destination, annotations });
    const { manifest } = await clients.registry.fetchManifest(destination, new AbortController().signal);
    assert.equal(manifest.kind === 'image' && manifest.image.annotations, {
      'io.kubewarden.policy.title': 'p',
      'io.kubewarden.policy.source': 'https://s.example',
      'org.opencontainers.image.source': 'https://s.example',
    });
    await clients.close();

    const events: SourceEvent[] = [];
    const store = join(folder, 'store');
    const locations = [`registry://${registry.host}/team/p:v1`, `${server.origin}/p.wasm`, `${server.origin}/page`, `registry://${registry.host}/team/p:v9`, `registry://${immutable}`, 'ftp://x', `${server.origin}/p.wasm`];
    const results = await fetchModules(locations, { sources, dockerConfig, store, retry, onProgress: (event) => void events.push(event) });
    const told = [...results].map(([location, result]) => [location, result.kind === 'fetched' ? result.module.digest : result.fault.message]);
    assert.equal(told, [
      [locations[0], digestOf(moduleBytes(1))],
      [locations[1], digestOf(moduleBytes(2))],
      [locations[2], `cannot download ${server.origin}/page: invalid wasm file: the content does not begin with the magic number of WebAssembly`],
      [locations[3], `Fail to interact with OCI registry: cannot read the manifest of ${registry.host}/team/p:v9: the registry answered 404 (MANIFEST_UNKNOWN): there is no such repository, tag or digest`],
      [locations[4], digestOf(moduleBytes(1))],
      [locations[5], 'unknown scheme: ftp'],
    ]);
    assert.is(modulesBelow(store).length, 3);
    assert.not.match(JSON.stringify(events), /pass:word|cGFzczp3b3Jk/);

    const anonymous = await fetchModules([`registry://${registry.host}/team/p:v1`], { sources, store: join(folder, 'other'), retry });
    const [result] = anonymous.values();
    assert.match(result?.kind === 'failed' ? result.fault.message : '', `${registry.host}/team/p:v1: the registry answered 401: it wants credentials, and there are none for it`);
  });
}

fetching('no more modules are fetched at once than asked for', async () => {
  let running = 0;
  let most = 0;
  const onProgress = ({ kind }: SourceEvent): void => {
    if (kind === 'fetch-started') running += 1;
    if (kind === 'fetch-finished') running -= 1;
    most = Math.max(most, running);
  };
  await using server = await startWebServer((_request, response) => response.end(moduleBytes(1)));
  const locations = Array.from({ length: 12 }, (_, index) => `${server.origin}/${index}.wasm`);
  const results = await fetchModules(locations, { store: scratchFolder(), sources: insecureEverywhere, concurrency: 3, onProgress });
  assert.equal([...results.keys()], locations);
  assert.ok([...results.values()].every(({ kind }) => kind === 'fetched'));
  assert.is(most, 3);
});

fetching('a signal ends everything', async () => {
  const leaver = new AbortController();
  await using server = await startWebServer(() => leaver.abort());
  const results = await fetchModules([`${server.origin}/1.wasm`, `${server.origin}/2.wasm`], { store: scratchFolder(), sources: insecureEverywhere, signal: leaver.signal, concurrency: 1 });
  assert.equal([...results.values()].map((result) => result.kind === 'failed' && result.fault.code), ['HTTP_ABORTED', 'HTTP_ABORTED']);
});

fetching('two processes fetch the same modules into one store without harm', async () => {
  const root = scratchFolder();
  await using server = await startWebServer((request, response) => response.end(moduleBytes(Number(request.url?.slice(1, 2)), 300_000)));
  const locations = [1, 2, 3, 4].map((index) => `${server.origin}/${index}.wasm`);
  const program = `
    import { fetchModules } from 'wasmwarden/source';
    const access = () => ({ insecure: true, plainCredentials: false, authorities: [] });
    const results = await fetchModules(${JSON.stringify(locations)}, { store: ${JSON.stringify(root)}, sources: { access, proxies: { except: [] } } });
    process.exit([...results.values()].every(({ kind }) => kind === 'fetched') ? 0 : 1);
  `;
  const children = [1, 2].map(() => spawn(process.execPath, ['--conditions=@wasmwarden/source', '--input-type=module', '--eval', program], { stdio: 'inherit' }));
  assert.equal(await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0] as number)), [0, 0]);
  const events: SourceEvent[] = [];
  const listed = await new ModuleStore({ root, onEvent: (event) => void events.push(event) }).list();
  assert.equal(listed.map(({ digest }) => digest), [1, 2, 3, 4].map((seed) => digestOf(moduleBytes(seed, 300_000))));
  const again = await fetchModules(locations, { store: root, sources: insecureEverywhere, onProgress: (event) => void events.push(event) });
  assert.ok([...again.values()].every((result) => result.kind === 'fetched' && result.module.origin === 'store'));
  assert.equal(filesBelow(join(root, '.partial')), []);
  assert.not.ok(events.some(({ kind }) => kind === 'stored-module-corrupted'));
});

/** Mounts a file system of 64 KiB; nothing where that is not allowed. */
function smallDisk(): { readonly path: string; readonly remove: () => void } | undefined {
  const path = join(scratchFolder(), 'disk');
  mkdirSync(path);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', path], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  return { path, remove: () => void execFileSync('umount', ['--lazy', path]) };
}

const disk = smallDisk();
if (disk === undefined) {
  if (process.env['CI'] === 'true') throw new Error('a small file system cannot be mounted');
  console.log('skipped: a full disk: mounting a small file system is not allowed here');
} else {
  fetching('a full disk is a sentence, and leaves nothing half-written', async () => {
    try {
      await using server = await startWebServer((request, response) => response.end(moduleBytes(1, request.url === '/small.wasm' ? 1000 : 500_000)));
      const results = await fetchModules([`${server.origin}/small.wasm`, `${server.origin}/large.wasm`], { store: disk.path, sources: insecureEverywhere, concurrency: 1 });
      const [small, large] = [...results.values()];
      assert.is(small?.kind, 'fetched');
      const path = join(disk.path, 'http', server.host, 'large.wasm');
      assert.is(large?.kind === 'failed' && large.fault.message, `cannot download ${server.origin}/large.wasm: wasm module cannot be save to "${path}": no space left on the device (ENOSPC)`);
      assert.equal(modulesBelow(disk.path), [`http/${server.host}/small.wasm`]);
    } finally {
      disk.remove();
    }
  });
}

const destinations: readonly (readonly [string, string, string])[] = [
  ['a web server', 'https://h.example/p.wasm', 'Invalid destination format: https://h.example/p.wasm must start with registry://'],
  ['a digest', `registry://h.example/p@sha256:${'a'.repeat(64)}`, 'must name a tag'],
];
for (const [title, text, found] of destinations) {
  fetching(`nothing is pushed to ${title}`, () => {
    const fault = faultOf(() => parseDestination(text));
    assert.is(fault.code, 'LOCATION_INVALID');
    assert.match(fault.message, found);
  });
}

fetching('what is no module is not pushed', async () => {
  const clients = createSourceClients();
  const fault = await rejectionOf(pushModule(clients.registry, { module: new TextEncoder().encode('text'), destination: parseDestination('h.example/p:v1'), annotations: {} }));
  assert.is(fault.message, 'cannot push to h.example/p: invalid wasm file');
});

fetching('a machine is named in the words of OCI', () => {
  assert.match(`${machinePlatform().os}/${machinePlatform().architecture}`, /^(linux|darwin|windows)\/(amd64|arm64|\w+)$/);
});

fetching.run();
