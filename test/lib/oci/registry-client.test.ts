// Against a real registry: Debian's docker-registry, with Debian's skopeo as an independent second client.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { digestOf } from '../../../lib/oci/digest.js';
import { decodeManifest, type Descriptor } from '../../../lib/oci/manifest.js';
import { parseReference } from '../../../lib/oci/reference.js';
import type { RegistryClient } from '../../../lib/oci/registry-client.js';
import { moduleLayer, wasmMediaTypes } from '../../../lib/oci/wasm-artifact.js';
import { makeCertificates } from '../../support/certificates.js';
import { type ContainerRegistry, startRegistry, startTokenService } from '../../support/container-registry.js';
import { rejectionOf } from '../../support/rejection.js';
import { scratchFolder } from '../../support/scratch.js';
import { dockerConfigOf, insecure, insecureWithCredentials, openBench, trusted } from '../../support/source-bench.js';
import { haveTools } from '../../support/tools.js';

const client = suite('oci/registry-client');

const linux = { os: 'linux', architecture: 'amd64' };
const signal = new AbortController().signal;
const module = new Uint8Array(300_000).map((_, index) => (index < 4 ? ([0, 0x61, 0x73, 0x6d][index] ?? 0) : index % 251));
const password = 'p:ä ss';

async function pull(registry: RegistryClient, name: string): Promise<Uint8Array> {
  const reference = parseReference(name);
  const repository = registry.open(reference, 'pull');
  const { image } = await repository.fetchImage(linux, signal);
  return repository.streamBlob(moduleLayer(image, name), { maxBytes: 1_000_000, signal }, joined);
}

async function joined(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

const push = (registry: RegistryClient, name: string, annotations = {}) => registry.pushModule(parseReference(name), module, annotations, signal);
// Not in the way of the token service, which runs in this process.
const skopeo = (...args: readonly string[]) => promisify(execFile)('skopeo', ['--insecure-policy', ...args]);

/** The settings that reach a registry: ours, and skopeo's. */
interface Setting {
  readonly title: string;
  readonly start: () => Promise<{ readonly registry: ContainerRegistry; readonly bench: ReturnType<typeof openBench>; readonly skopeoArgs: (side: 'src' | 'dest') => readonly string[]; readonly close: () => Promise<void> }>;
}

const settings: readonly Setting[] = [
  {
    title: 'a plain registry',
    async start() {
      const registry = await startRegistry();
      return { registry, bench: openBench({ [registry.host]: insecure }), skopeoArgs: (side) => [`--${side}-tls-verify=false`], close: () => Promise.resolve() };
    },
  },
  {
    title: 'a registry with a private authority',
    async start() {
      const certificates = makeCertificates();
      const registry = await startRegistry({ certificates });
      return { registry, bench: openBench({ [registry.host]: trusted(certificates.ca) }), skopeoArgs: (side) => [`--${side}-cert-dir=${certificates.authorityFolder}`], close: () => Promise.resolve() };
    },
  },
  {
    title: 'a registry with a private authority and passwords',
    async start() {
      const certificates = makeCertificates();
      const registry = await startRegistry({ certificates, users: { user: password } });
      const bench = openBench({ [registry.host]: trusted(certificates.ca) }, { dockerConfig: dockerConfigOf(registry.host, 'user', password) });
      return { registry, bench, skopeoArgs: (side) => [`--${side}-cert-dir=${certificates.authorityFolder}`, `--${side}-creds=user:${password}`], close: () => Promise.resolve() };
    },
  },
  {
    title: 'a registry with a token service',
    async start() {
      const tokens = await startTokenService({ user: password });
      const certificates = makeCertificates();
      const registry = await startRegistry({ certificates, tokens });
      const bench = openBench({ [registry.host]: trusted(certificates.ca), [tokens.server.host]: trusted(tokens.certificates.ca) }, { dockerConfig: dockerConfigOf(registry.host, 'user', password) });
      return { registry, bench, skopeoArgs: (side) => [`--${side}-tls-verify=false`, `--${side}-creds=user:${password}`], close: async () => tokens[Symbol.asyncDispose]() };
    },
  },
];

const ready = haveTools(['docker-registry', 'skopeo', 'htpasswd', 'openssl'], 'pulls from and pushes to a real registry');
if (ready) realRegistryTests();
// The runner fails on a file without tests, and this one has none to run here.
else client('the tools are missing', () => undefined);

function realRegistryTests(): void {
  for (const { title, start } of settings) {
    client(`${title}: what we push skopeo pulls, and what skopeo pushes we pull`, async () => {
      const { registry, bench, skopeoArgs, close } = await start();
      const folder = join(scratchFolder(), 'copy');
      try {
        const name = `${registry.host}/team/policies/p`;
        const immutable = await push(bench.registry, `${name}:v1`, { 'io.kubewarden.policy.title': 'p' });
        await skopeo('copy', ...skopeoArgs('src'), `docker://${name}:v1`, `dir:${folder}`);
        const manifest = readFileSync(join(folder, 'manifest.json'));
        assert.is(immutable, `${name}@${digestOf(manifest)}`);
        const decoded = decodeManifest(manifest);
        assert.equal(decoded.kind === 'image' && decoded.image.annotations, { 'io.kubewarden.policy.title': 'p' });
        assert.equal(new Uint8Array(readFileSync(join(folder, digestOf(module).slice(7)))), module);

        await skopeo('copy', ...skopeoArgs('dest'), `dir:${folder}`, `docker://${name}:by-skopeo`);
        assert.equal(new Uint8Array(await pull(bench.registry, `${name}:by-skopeo`)), module);
        assert.equal(new Uint8Array(await pull(bench.registry, immutable)), module);
        assert.equal([...(await bench.registry.listTags(parseReference(name), signal))].sort(), ['by-skopeo', 'v1']);
        assert.is(await bench.registry.resolveDigest(parseReference(`${name}:v1`), signal), digestOf(manifest));
      } finally {
        await bench.close();
        await registry[Symbol.asyncDispose]();
        await close();
      }
    });
  }

  client('a repository without referrers has none, although this registry lacks the API for them', async () => {
    await using registry = await startRegistry();
    await using bench = openBench({ [registry.host]: insecure });
    const reference = parseReference(`${registry.host}/p:v1`);
    const immutable = await push(bench.registry, `${registry.host}/p:v1`);
    const digest = digestOf(new TextEncoder().encode('nothing refers to this'));
    assert.equal(await bench.registry.listReferrers(reference, digest, undefined, signal), []);
    assert.match(immutable, '@sha256:');
  });

  const registryFaults: readonly (readonly [string, string, string, string])[] = [
    ['an unknown tag', 'p:v9', 'REGISTRY_NOT_FOUND', 'the registry answered 404 (MANIFEST_UNKNOWN): there is no such repository, tag or digest'],
    ['an unknown repository', 'q:v1', 'REGISTRY_NOT_FOUND', 'the registry answered 404'],
    ['an unknown digest', `p@sha256:${'0'.repeat(64)}`, 'REGISTRY_NOT_FOUND', 'the registry answered 404'],
  ];
  for (const [title, name, code, found] of registryFaults) {
    client(`${title} is a sentence that names it`, async () => {
      await using registry = await startRegistry();
      await using bench = openBench({ [registry.host]: insecure });
      await push(bench.registry, `${registry.host}/p:v1`);
      const reference = parseReference(`${registry.host}/${name}`);
      const faults = [await rejectionOf(pull(bench.registry, `${registry.host}/${name}`)), await rejectionOf(bench.registry.resolveDigest(reference, signal))];
      for (const fault of faults) {
        assert.is(fault.code, code);
        assert.match(fault.message, `${registry.host}/${name}: ${fault === faults[0] ? found : 'the registry answered 404'}`);
        assert.match(fault.message, /^Fail to interact with OCI registry: cannot /);
      }
      assert.equal(bench.waits, []);
    });
  }

  client('a wrong password is a sentence without the password', async () => {
    const certificates = makeCertificates();
    await using registry = await startRegistry({ certificates, users: { user: password } });
    await using bench = openBench({ [registry.host]: trusted(certificates.ca) }, { dockerConfig: dockerConfigOf(registry.host, 'user', 'wrong-secret') });
    const fault = await rejectionOf(pull(bench.registry, `${registry.host}/p:v1`));
    assert.is(fault.code, 'REGISTRY_DENIED');
    assert.is(fault.message, `Fail to interact with OCI registry: cannot read the manifest of ${registry.host}/p:v1: the registry answered 401 (UNAUTHORIZED): the credentials were not accepted`);
    assert.not.match(JSON.stringify([fault, fault.stack, fault.cause, bench.events]), /wrong-secret|d3Jvbmct/);
  });

  client('no credentials where some are wanted is a sentence', async () => {
    const certificates = makeCertificates();
    await using registry = await startRegistry({ certificates, users: { user: password } });
    await using bench = openBench({ [registry.host]: trusted(certificates.ca) });
    const fault = await rejectionOf(pull(bench.registry, `${registry.host}/p:v1`));
    assert.is(fault.code, 'REGISTRY_DENIED');
    assert.match(fault.message, 'it wants credentials, and there are none for it');
  });

  client('a wrong password at the token service is a sentence that names the service', async () => {
    await using tokens = await startTokenService({ user: password });
    await using registry = await startRegistry({ tokens });
    await using bench = openBench({ [registry.host]: insecureWithCredentials, [tokens.server.host]: trusted(tokens.certificates.ca) }, { dockerConfig: dockerConfigOf(registry.host, 'user', 'wrong-secret') });
    const fault = await rejectionOf(pull(bench.registry, `${registry.host}/p:v1`));
    assert.is(fault.code, 'REGISTRY_DENIED');
    assert.match(fault.message, `the token service at ${tokens.server.host} answered 401: the credentials were not accepted`);
    assert.not.match(JSON.stringify([fault, fault.stack, bench.events]), /wrong-secret|d3Jvbmct/);
  });

  client('an anonymous caller pulls what is public and is denied what is not, without a loop', async () => {
    await using tokens = await startTokenService({ user: password });
    const certificates = makeCertificates();
    await using registry = await startRegistry({ certificates, tokens });
    const hosts = { [registry.host]: trusted(certificates.ca), [tokens.server.host]: trusted(tokens.certificates.ca) };
    await using owner = openBench(hosts, { dockerConfig: dockerConfigOf(registry.host, 'user', password) });
    await push(owner.registry, `${registry.host}/public/p:v1`);
    await push(owner.registry, `${registry.host}/private/p:v1`);
    await using guest = openBench(hosts);
    assert.equal(new Uint8Array(await pull(guest.registry, `${registry.host}/public/p:v1`)), module);
    const before = tokens.server.seen.length;
    const fault = await rejectionOf(pull(guest.registry, `${registry.host}/private/p:v1`));
    assert.is(fault.code, 'REGISTRY_DENIED');
    assert.is(tokens.server.seen.length - before, 1);
  });

  client('passwords are kept from a plain registry until the operator says so twice', async () => {
    await using registry = await startRegistry({ users: { user: password } });
    const dockerConfig = dockerConfigOf(registry.host, 'user', password);
    await using cautious = openBench({ [registry.host]: insecure }, { dockerConfig });
    const fault = await rejectionOf(push(cautious.registry, `${registry.host}/p:v1`));
    assert.is(fault.code, 'HTTP_CREDENTIALS_REFUSED');
    assert.match(fault.message, `credentials are not sent over plain HTTP to ${registry.host}; list it in plain_http_credentials`);
    await using bold = openBench({ [registry.host]: insecureWithCredentials }, { dockerConfig });
    await push(bold.registry, `${registry.host}/p:v1`);
    assert.equal(new Uint8Array(await pull(bold.registry, `${registry.host}/p:v1`)), module);
  });

  client('a registry whose authority is unknown is not spoken to', async () => {
    const certificates = makeCertificates();
    await using registry = await startRegistry({ certificates });
    await using bench = openBench({});
    const fault = await rejectionOf(pull(bench.registry, `${registry.host}/p:v1`));
    assert.is(fault.code, 'HTTP_UNTRUSTED');
    assert.match(fault.message, `${registry.host}/p:v1: ${registry.host} cannot be used: its certificate is signed by no trusted authority`);
  });

  client('an index leads to the manifest of the platform, and a digest of it to that index', async () => {
    await using registry = await startRegistry();
    await using bench = openBench({ [registry.host]: insecure });
    const immutable = await push(bench.registry, `${registry.host}/p:amd64`);
    const { bytes, digest } = await bench.registry.fetchManifest(parseReference(immutable), signal);
    const index = JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [{ mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, size: bytes.byteLength, platform: linux }] });
    const put = await fetch(`http://${registry.host}/v2/p/manifests/all`, { method: 'PUT', headers: { 'content-type': 'application/vnd.oci.image.index.v1+json' }, body: index });
    assert.is(put.status, 201);
    assert.equal(new Uint8Array(await pull(bench.registry, `${registry.host}/p:all`)), module);
    const fetched = await bench.registry.fetchManifest(parseReference(`${registry.host}/p:all`), signal);
    assert.is(fetched.manifest.kind, 'index');
    assert.is(fetched.digest, digestOf(new TextEncoder().encode(index)));
    const other = await rejectionOf(bench.registry.fetchImage(parseReference(`${registry.host}/p:all`), { os: 'plan9', architecture: 'mips' }, signal));
    assert.is(other.code, 'OCI_PLATFORM_MISSING');
  });

  client('content that is larger than allowed is not fetched', async () => {
    await using registry = await startRegistry();
    await using bench = openBench({ [registry.host]: insecure });
    await push(bench.registry, `${registry.host}/p:v1`);
    const layer: Descriptor = { mediaType: wasmMediaTypes.layer, digest: digestOf(module), size: module.byteLength };
    const before = registry.log().length;
    const fault = await rejectionOf(bench.registry.fetchBlob(parseReference(`${registry.host}/p:v1`), layer, 299_999, signal));
    assert.is(fault.code, 'OCI_CONTENT_TOO_LARGE');
    assert.is(registry.log().length, before);
    assert.equal(new Uint8Array(await bench.registry.fetchBlob(parseReference(`${registry.host}/p:v1`), layer, 300_000, signal)), module);
  });
}

client.run();
