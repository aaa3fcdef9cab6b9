// A policy-server whose policies are elsewhere: in a registry with passwords and a private authority, and on a web server, by
// the files that the controller mounts into it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { createSourceClients } from '../../../../lib/source/source-clients.js';
import { parseDestination, pushModule } from '../../../../lib/source/push-module.js';
import { makeCertificates } from '../../../support/certificates.js';
import { type ContainerRegistry, startRegistry } from '../../../support/container-registry.js';
import { filesBelow } from '../../../support/file-tree.js';
import { fixtureBytes } from '../../../support/fixtures.js';
import { http1Client, jsonOf } from '../../../support/policy-server/clients.js';
import { freePorts, policiesFile, runServer, type ServerProcess } from '../../../support/policy-server/process.js';
import { pod, review } from '../../../support/policy-server/reviews.js';
import { scratchFolder } from '../../../support/scratch.js';
import { dockerConfigOf, trusted } from '../../../support/source-bench.js';
import { haveTools } from '../../../support/tools.js';
import { startWebServer, type WebServer } from '../../../support/web-server.js';

const moduleSources = suite('webhook-server/policies/module-sources');

const password = 'hunter:2';
const certificates = makeCertificates();

interface Sources extends AsyncDisposable {
  readonly registry: ContainerRegistry;
  readonly server: WebServer;
  readonly downloads: string;
  /** Runs a policy-server on these policies, with a password for the registry. */
  run(policies: Readonly<Record<string, string>>, password: string, ...args: readonly string[]): ServerProcess;
}

/** A registry with one policy, a web server with another, and the operator's files for both. */
async function openSources(): Promise<Sources> {
  const registry = await startRegistry({ certificates, users: { user: password } });
  const server = await startWebServer((request, response) => response.end(request.url === '/privileged.wasm' ? fixtureBytes('pod-privileged') : '<html>no module</html>'), certificates);
  const clients = createSourceClients({ sources: { access: () => trusted(certificates.ca), proxies: { except: [] } }, dockerConfig: dockerConfigOf(registry.host, 'user', password) });
  await pushModule(clients.registry, { module: fixtureBytes('add-label'), destination: parseDestination(`registry://${registry.host}/team/add-label:v1`), annotations: {} });
  await clients.close();
  const downloads = scratchFolder();
  return {
    registry,
    server,
    downloads,
    run(policies, shown, ...args) {
      const folder = scratchFolder();
      const authority = { type: 'Data', data: certificates.ca };
      writeFileSync(join(folder, 'sources.yml'), JSON.stringify({ insecure_sources: [], source_authorities: { [registry.host]: [authority], [server.host]: [authority] } }));
      writeFileSync(join(folder, 'config.json'), JSON.stringify(dockerConfigOf(registry.host, 'user', shown)));
      const entries = Object.entries(policies).map(([id, module]) => [id, { module, allowedToMutate: true, settings: { label: 'team', value: 'a' } }]);
      const files = ['--policies', policiesFile(Object.fromEntries(entries) as Record<string, unknown>), '--sources-path', join(folder, 'sources.yml'), '--docker-config-json-path', folder];
      return runServer({ args: [...freePorts, ...files, '--policies-download-dir', downloads, ...args] });
    },
    async [Symbol.asyncDispose]() {
      await registry[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

if (haveTools(['docker-registry', 'htpasswd', 'openssl'], 'a policy-server with policies in a registry')) {
  moduleSources('it downloads policies from a registry with passwords and from a web server, and serves both', async () => {
    await using sources = await openSources();
    const { registry, server, downloads } = sources;
    const policies = { labelled: `registry://${registry.host}/team/add-label:v1`, privileged: `${server.origin}/privileged.wasm`, again: `registry://${registry.host}/team/add-label:v1` };
    await using program = sources.run(policies, password);
    const { port } = await program.ready();
    using client = http1Client({ port });
    const labelled = jsonOf(await client.send({ path: '/validate/labelled', body: review({ object: pod(false) }) })) as { readonly response: { readonly allowed: boolean; readonly patch?: string } };
    assert.is(labelled.response.allowed, true);
    assert.ok(labelled.response.patch);
    const privileged = jsonOf(await client.send({ path: '/validate/privileged', body: review({ object: pod(true) }) })) as { readonly response: { readonly allowed: boolean } };
    assert.is(privileged.response.allowed, false);
    assert.equal(filesBelow(downloads).filter((path) => !path.startsWith('.')), [`https/${server.host}/privileged.wasm`, `registry/${registry.host}/team/add-label:v1`]);
    assert.not.match(program.stdout() + program.stderr(), password);
  });

  const failures: readonly (readonly [string, string, (sources: Sources) => string, (sources: Sources) => string])[] = [
    ['a wrong password', 'wrong-secret', ({ registry }) => `registry://${registry.host}/team/add-label:v1`, ({ registry }) => `cannot read the manifest of ${registry.host}/team/add-label:v1: the registry answered 401 (UNAUTHORIZED): the credentials were not accepted`],
    ['an unknown tag', password, ({ registry }) => `registry://${registry.host}/team/add-label:v9`, ({ registry }) => `cannot read the manifest of ${registry.host}/team/add-label:v9: the registry answered 404 (MANIFEST_UNKNOWN): there is no such repository, tag or digest`],
    ['a module that is no Wasm', password, ({ server }) => `${server.origin}/page`, ({ server }) => `cannot download ${server.origin}/page: invalid wasm file`],
  ];
  for (const [title, shown, location, found] of failures) {
    moduleSources(`${title} stops it with a sentence that names policy, location and cause`, async () => {
      await using sources = await openSources();
      await using program = sources.run({ wanted: location(sources) }, shown);
      assert.equal(await program.exited, { code: 1, signal: null });
      assert.match(program.stderr(), `Error while downloading policy 'wanted' from ${location(sources)}: `);
      assert.match(program.stderr(), found(sources));
      assert.not.match(program.stdout() + program.stderr(), /wrong-secret|hunter:2/);
      assert.equal(filesBelow(sources.downloads), []);
    });
  }

  moduleSources('where signatures are asked for it loads nothing: they cannot be checked yet', async () => {
    await using sources = await openSources();
    const config = join(scratchFolder(), 'verification.yml');
    writeFileSync(config, 'apiVersion: v1\nallOf: [{kind: githubAction, owner: kubewarden}]\n');
    await using program = sources.run({ wanted: `registry://${sources.registry.host}/team/add-label:v1` }, password, '--verification-path', config);
    assert.equal(await program.exited, { code: 1, signal: null });
    assert.match(program.stderr(), 'Nothing is served unverified');
    assert.equal(filesBelow(sources.downloads), []);
  });
} else {
  // The runner fails on a file without tests, and this one has none to run here.
  moduleSources('the tools are missing', () => undefined);
}

moduleSources.run();
