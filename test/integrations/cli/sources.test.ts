// Policies from elsewhere, as users get them: pull, push, digest, the store and its archives, and run on any location.
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { digestOf } from '../../../lib/oci/digest.js';
import { makeCertificates } from '../../support/certificates.js';
import { type ContainerRegistry, startRegistry } from '../../support/container-registry.js';
import { filesBelow } from '../../support/file-tree.js';
import { fixtureBytes } from '../../support/fixtures.js';
import { scratchFolder } from '../../support/scratch.js';
import { haveTools } from '../../support/tools.js';
import { startWebServer } from '../../support/web-server.js';
import { callCli, fixturePath, reviewPath } from './cli-process.js';

const sources = suite('cli/sources');

const policy = fixturePath('pod-privileged');
const bytes = fixtureBytes('pod-privileged');
const sha256 = digestOf(bytes).slice('sha256:'.length);
const certificates = makeCertificates();

interface User {
  readonly home: string;
  readonly call: (...words: readonly string[]) => ReturnType<typeof callCli>;
}

/** A user with a home of their own, where hosts with our certificates are trusted. */
function newUser(hosts: readonly string[] = [], dockerConfig?: object): User {
  const home = scratchFolder();
  const authority = { type: 'Path', path: join(certificates.folder, 'ca.crt') };
  mkdirSync(join(home, '.config/kubewarden'), { recursive: true });
  writeFileSync(join(home, '.config/kubewarden/sources.yaml'), JSON.stringify({ source_authorities: Object.fromEntries(hosts.map((host) => [host, [authority]])) }));
  mkdirSync(join(home, '.docker'));
  if (dockerConfig !== undefined) writeFileSync(join(home, '.docker/config.json'), JSON.stringify(dockerConfig));
  const env = { HOME: home, XDG_CACHE_HOME: '', XDG_CONFIG_HOME: '', DOCKER_CONFIG: '', HTTP_PROXY: '', HTTPS_PROXY: '', http_proxy: '', https_proxy: '' };
  return { home, call: (...words) => callCli(words, { env }) };
}

const storeOf = (user: User): string => join(user.home, '.cache/kubewarden/store');

async function withRegistry(use: (registry: ContainerRegistry, user: User) => Promise<void>): Promise<void> {
  await using registry = await startRegistry({ certificates, users: { user: 'hunter2' } });
  await use(registry, newUser([registry.host], { auths: { [registry.host]: { auth: Buffer.from('user:hunter2').toString('base64') } } }));
}

if (haveTools(['docker-registry', 'htpasswd', 'openssl'], 'the command with a real registry')) {
  sources('a policy goes to a registry and comes back, is listed, saved, loaded elsewhere, run, and removed', () =>
    withRegistry(async (registry, user) => {
      const uri = `registry://${registry.host}/team/pod-privileged:v1`;
      const pushed = await user.call('push', policy, `${registry.host}/team/pod-privileged:v1`);
      assert.is(pushed.code, 0, pushed.stderr);
      const reference = /^Policy successfully pushed: (.+@sha256:[0-9a-f]{64})\n$/.exec(pushed.stdout)?.[1] ?? '';
      assert.ok(reference.startsWith(`${registry.host}/team/pod-privileged@sha256:`), pushed.stdout);

      const asked = await user.call('digest', uri);
      assert.is(asked.stdout, `${uri}@${reference.split('@')[1] ?? ''}\n`);
      assert.equal(JSON.parse((await user.call('digest', uri, '--output', 'json')).stdout), { uri, digest: reference.split('@')[1] });

      const pulled = await user.call('pull', uri);
      assert.is(pulled.code, 0, pulled.stderr);
      assert.is(pulled.stdout, '');
      assert.match(pulled.stderr, `Pulling policy from ${uri}`);
      assert.match(pulled.stderr, `Successfully pulled policy from ${uri}`);
      const path = join(storeOf(user), 'registry', registry.host, 'team/pod-privileged:v1');
      assert.equal(Uint8Array.from(readFileSync(path)), bytes);
      assert.equal(JSON.parse((await user.call('pull', uri, '--output', 'json')).stdout), { uri, path, origin: 'store', digest: `sha256:${sha256}` });

      const listed = await user.call('policies');
      assert.match(listed.stdout, /^Policy +Mutating +Context aware +SHA-256 +Size\n/);
      assert.match(listed.stdout, new RegExp(`${uri} +no +no +${sha256.slice(0, 12)} +[\\d.]+ kB\n$`));
      assert.equal(JSON.parse((await user.call('policies', '--output', 'json')).stdout), [{ policy: uri, mutating: 'no', contextAware: 'no', sha256, sizeBytes: bytes.byteLength }]);

      const archive = join(user.home, 'policies.tar.gz');
      assert.is((await user.call('save', uri, sha256.slice(0, 8), '-o', archive)).code, 0);
      const other = newUser();
      const loaded = await other.call('load', '--input', archive);
      assert.is(loaded.code, 0, loaded.stderr);
      assert.match(loaded.stderr, `loaded ${uri}`);

      for (const name of [uri, sha256.slice(0, 12)]) {
        const ran = await other.call('run', name, '-r', reviewPath('pod-privileged'));
        assert.is(ran.code, 0, ran.stderr);
        assert.match(ran.stdout, '"allowed":false');
      }
      const removed = await other.call('rm', uri);
      assert.is(removed.code, 0, removed.stderr);
      assert.equal(filesBelow(storeOf(other)), []);
      assert.is((await other.call('policies')).stdout, '');
      assert.match((await other.call('rm', uri)).stderr, `Cannot find policy with uri: ${uri}`);
    }),
  );

  sources('a policy is run, inspected and annotated from where it is, by an argument and by a manifest', () =>
    withRegistry(async (registry, user) => {
      const uri = `registry://${registry.host}/p:v1`;
      await user.call('push', policy, uri);
      const ran = await user.call('run', uri, '-r', reviewPath('pod-privileged'), '--fail-on-deny');
      assert.is(ran.code, 1, ran.stderr);
      assert.match(ran.stdout, '"allowed":false');
      const manifest = join(user.home, 'policy.yaml');
      writeFileSync(manifest, `apiVersion: policies.kubewarden.io/v1\nkind: ClusterAdmissionPolicy\nmetadata: {name: p}\nspec: {module: "${registry.host}/p:v1"}\n`);
      assert.match((await user.call('run', manifest, '-r', reviewPath('pod-privileged'))).stdout, '"allowed":false');
      assert.match((await user.call('inspect', uri)).stdout, uri);
      const annotated = join(user.home, 'annotated.wasm');
      const metadata = join(user.home, 'metadata.yml');
      writeFileSync(metadata, 'rules: [{apiGroups: [""], apiVersions: ["v1"], resources: ["pods"], operations: ["CREATE"]}]\nmutating: false\nexecutionMode: kubewarden-wapc\nannotations: {io.kubewarden.policy.title: again}\n');
      const result = await user.call('annotate', uri, '-m', metadata, '-o', annotated);
      assert.is(result.code, 0, result.stderr);
      assert.match((await user.call('inspect', annotated)).stdout, 'again');
    }),
  );

  sources('a policy asks a registry with the credentials of the user', () =>
    withRegistry(async (registry, user) => {
      const uri = `registry://${registry.host}/p:v1`;
      const pushed = await user.call('push', policy, uri, '-o', 'json');
      const digest = (JSON.parse(pushed.stdout) as { readonly immutable_ref: string }).immutable_ref.split('@')[1];
      const request = join(user.home, 'request.json');
      writeFileSync(request, JSON.stringify({ uid: '1', namespace: 'oci', operation: 'v1/manifest_digest', payload: `${registry.host}/p:v1` }));
      const ran = await user.call('run', fixturePath('host-call'), '-r', request, '--raw');
      assert.is(ran.code, 0, ran.stderr);
      const { status } = JSON.parse(ran.stdout) as { readonly status: { readonly message: string } };
      assert.is(status.message, `{"digest":"${digest ?? ''}"}`);
    }),
  );

  sources('a policy without metadata is pushed by force only', () =>
    withRegistry(async (registry, user) => {
      const bare = fixturePath('adversarial/accept');
      const refused = await user.call('push', bare, `registry://${registry.host}/bare:v1`);
      assert.is(refused.code, 1);
      assert.match(refused.stderr, 'Cannot push a policy that is not annotated. Use `annotate` command or `push --force` ');
      // Also as the reference wants it, with a value.
      for (const force of [['--force', 'true'], ['-f', 'true'], ['--force=true']]) assert.is((await user.call('push', ...force, bare, `registry://${registry.host}/bare:v1`)).code, 0);
      const forced = await user.call('push', '--force', bare, `registry://${registry.host}/bare:v1`, '-o', 'json');
      assert.is(forced.code, 0, forced.stderr);
      assert.match(forced.stderr, 'Warning: pushing a non-annotated policy!');
      assert.match((JSON.parse(forced.stdout) as { readonly immutable_ref: string }).immutable_ref, `${registry.host}/bare@sha256:`);
    }),
  );

  sources('a wrong password, an unknown tag and an unknown registry each end in a sentence', () =>
    withRegistry(async (registry, user) => {
      const wrong = newUser([registry.host], { auths: { [registry.host]: { auth: Buffer.from('user:wrong').toString('base64') } } });
      const stranger = newUser();
      const uri = `registry://${registry.host}/p:v9`;
      for (const [who, says] of [[wrong, 'the registry answered 401 (UNAUTHORIZED): the credentials were not accepted'], [user, 'the registry answered 404'], [stranger, 'its certificate is signed by no trusted authority']] as const) {
        const { code, stdout, stderr } = await who.call('pull', uri);
        assert.is(code, 1);
        assert.is(stdout, '');
        assert.match(stderr, /Error: Failed to pull policy: Fail to interact with OCI registry: cannot read the manifest of [^\n]+\n$/);
        assert.match(stderr, says);
        assert.equal(filesBelow(storeOf(who)), []);
      }
    }),
  );
}

sources('a policy comes from a web server, into the store or into a file', async () => {
  await using server = await startWebServer((request, response) => (request.url?.startsWith('/p.wasm') === true ? response.end(bytes) : response.writeHead(404).end()), certificates);
  const user = newUser([server.host]);
  const target = join(user.home, 'p.wasm');
  const pulled = await user.call('pull', `${server.origin}/p.wasm?sig=hunter2`, '-o', target);
  assert.is(pulled.code, 0, pulled.stderr);
  assert.not.match(pulled.stderr, 'hunter2');
  assert.equal(Uint8Array.from(readFileSync(target)), bytes);
  assert.not.ok(existsSync(storeOf(user)));
  const missing = await user.call('run', `${server.origin}/q.wasm`, '-r', reviewPath('pod-allowed'));
  assert.is(missing.code, 1);
  assert.match(missing.stderr, `Error: cannot download ${server.origin}/q.wasm: the server answered 404`);
});

sources('a stored policy that is too large to be used is listed with the others', async () => {
  const user = newUser();
  const folder = join(storeOf(user), 'registry/h.example');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'large:v1'), bytes);
  truncateSync(join(folder, 'large:v1'), 64 * 1024 * 1024 + 1);
  writeFileSync(join(folder, 'small:v1'), bytes);
  const { code, stdout, stderr } = await user.call('policies');
  assert.is(code, 0, stderr);
  assert.match(stdout, /large:v1 +unknown .*\n.*small:v1 +no /);
});

sources('a digest that is stored under two names does not say which one to remove or to save', async () => {
  const user = newUser();
  const folder = join(storeOf(user), 'registry/h.example');
  mkdirSync(folder, { recursive: true });
  for (const name of ['one:v1', 'two:v1']) writeFileSync(join(folder, name), bytes);
  for (const words of [['rm', sha256], ['save', sha256, '-o', join(user.home, 'x.tar.gz')]]) {
    const { code, stderr } = await user.call(...words);
    assert.is(code, 1);
    assert.match(stderr, `multiple policies found with the same prefix: ${sha256} (name one of them: registry://h.example/one:v1, registry://h.example/two:v1)`);
  }
  assert.is(filesBelow(storeOf(user)).length, 2);
  assert.is((await user.call('run', sha256, '-r', reviewPath('pod-allowed'))).code, 0);
});

sources('where verification is asked for, nothing is downloaded: by an option, and by whatever is in the usual place', async () => {
  await using server = await startWebServer((_request, response) => response.end(bytes), certificates);
  const user = newUser([server.host]);
  const config = join(user.home, '.config/kubewarden/verification-config.yml');
  const byOption = await user.call('pull', 'registry://ghcr.io/p:v1', '--verification-config-path', config);
  writeFileSync(config, 'apiVersion: v1\nallOf: []\n');
  const byFile = await user.call('run', `${server.origin}/p.wasm`, '-r', reviewPath('pod-allowed'));
  rmSync(config);
  symlinkSync('/nowhere/verification-config.yml', config);
  const byBrokenLink = await user.call('run', `${server.origin}/p.wasm`, '-r', reviewPath('pod-allowed'));
  for (const { code, stdout, stderr } of [byOption, byFile, byBrokenLink]) {
    assert.is(code, 1);
    assert.is(stdout, '');
    assert.match(stderr, 'cannot verify ');
  }
  assert.is(server.seen.length, 0);
  assert.is((await user.call('run', policy, '-r', reviewPath('pod-allowed'))).code, 0);
});

const mistakes: readonly (readonly [string, readonly string[], string, number])[] = [
  ['pulling from nowhere', ['pull'], "missing required argument 'uri'", 2],
  ['pulling from another scheme', ['pull', 'ftp://h/x.wasm'], 'unknown scheme: ftp', 1],
  ['pulling with a password in the URL', ['pull', 'https://user:hunter2@h.example/x.wasm'], 'a location must not hold credentials', 1],
  ['pushing to a web server', ['push', policy, 'https://h.example/x'], 'Invalid destination format', 1],
  ['pushing what is not there', ['push', 'missing.wasm', 'h.example/x:v1'], 'Cannot find policy with uri: missing.wasm', 1],
  ['the digest of a web server', ['digest', 'https://h.example/x.wasm'], 'only registries have manifests', 1],
  ['saving without an archive', ['save', sha256], "required option '-o, --output <file>' not specified", 2],
  ['saving what is not there', ['save', 'registry://h.example/x:v1', '-o', 'x.tar.gz'], 'Cannot find policy with uri: registry://h.example/x:v1', 1],
  ['removing what is not there', ['rm', 'abc'], 'Cannot find policy with uri: abc', 1],
  ['removing a file that is none of the store', ['rm', `file://${policy}`], 'local files are not in the store', 1],
  ['loading nothing', ['load'], "required option '--input <file>' not specified", 2],
  ['loading what is not there', ['load', '--input', 'missing.tar.gz'], 'cannot load the archive missing.tar.gz: there is no such file or folder (ENOENT)', 1],
  ['loading what is no archive', ['load', '--input', policy], 'it is no gzipped tar archive', 1],
  ['running a digest that is not stored', ['run', 'abc123', '-r', reviewPath('pod-allowed')], 'Cannot find policy with uri: abc123', 1],
  ['a sources file that is missing', ['pull', 'h.example/x:v1', '--sources-path', '/nowhere.yml'], 'error while loading sources from /nowhere.yml: there is no such file or folder (ENOENT)', 1],
];
for (const [title, words, says, code] of mistakes) {
  sources(`${title} is a sentence`, async () => {
    const result = await newUser().call(...words);
    assert.is(result.code, code, result.stderr);
    assert.is(result.stdout, '');
    assert.match(result.stderr, says);
    assert.match(result.stderr, /^(?: *INFO [^\n]+\n)*Error: [^\n]+\n$/);
    assert.not.match(result.stderr, 'hunter2');
  });
}

sources('without a home there is no store, and that is told', async () => {
  const { code, stderr } = await callCli(['policies'], { env: { HOME: '', XDG_CACHE_HOME: '', XDG_CONFIG_HOME: '' } });
  assert.is(code, 1);
  assert.match(stderr, 'Cannot tell where policies are stored: set HOME');
});

sources.run();
