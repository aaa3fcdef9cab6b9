import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';

import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { createAuthority } from '../../support/policy-server/authority.js';
import { http1Client, http2Client, jsonOf } from '../../support/policy-server/clients.js';
import { moduleUrl } from '../../support/policy-server/modules.js';
import { freePorts, knock, ownAddress, policiesFile, runServer, type Exit } from '../../support/policy-server/process.js';
import { pod, review } from '../../support/policy-server/reviews.js';
import { scratchFolder } from '../../support/scratch.js';
import { startWebServer } from '../../support/web-server.js';

// The policy-server as a process: exit codes, streams, files, signals.
const main = suite('webhook-server/main');

const privileged = { module: moduleUrl('pod-privileged') };
const label = (settings: object): object => ({ module: moduleUrl('add-label'), settings, allowedToMutate: true });

/** Runs the server on fixed ports of an address of its own and knocks at them until it is gone. */
async function runToItsEnd(policies: Record<string, unknown>, ...args: readonly string[]): Promise<{ exit: Exit; stdout: string; stderr: string; taken: number }> {
  const address = ownAddress();
  const doors = [knock(address, 3000), knock(address, 8081)];
  await using server = runServer({ args: ['--addr', address, '--policies', policiesFile(policies), ...args] });
  const exit = await server.exited;
  return { exit, stdout: server.stdout(), stderr: server.stderr(), taken: doors.reduce((sum, door) => sum + door.stop(), 0) };
}

main('of three policies one was given wrong settings: it exits with an error that names it and says why, and never listens', async () => {
  const { exit, stderr, taken } = await runToItsEnd({ 'first': privileged, 'wrong-label': label({ label: '', value: 'x' }), 'third': privileged });
  assert.equal(exit, { code: 1, signal: null });
  assert.match(stderr, "wrong-label: Policy settings are invalid: 'label' must not be empty");
  assert.not.match(stderr, /first|third/);
  assert.is(taken, 0, 'neither the API nor readiness ever took a connection');
});

for (const [title, fixture, why] of [
  ['so does a policy that has no function to validate them with', 'settings-missing', /Policy settings are invalid: Error invoking settings validation callback: GuestCallFailure\(/],
  ['so does one whose function traps', 'settings-trap', /Policy settings are invalid: Error invoking settings validation callback: GuestCallFailure\(.*unreachable/],
  ['so does one whose function hangs', 'settings-hang', /Policy settings are invalid: .*guest code interrupted, execution deadline exceeded/],
  ['so does one whose function answers with something else', 'settings-wrong-shape', /Policy settings are invalid: error: /],
] as const) {
  main(title, async () => {
    const { exit, stderr, taken } = await runToItsEnd({ good: privileged, bad: { module: moduleUrl(`adversarial/${fixture}`) } }, '--policy-timeout', '1');
    assert.equal(exit, { code: 1, signal: null });
    assert.match(stderr, /^ {2}bad: /m);
    assert.match(stderr, why);
    assert.is(taken, 0);
  });
}

main('every wrong policy is named at once, each with its reason', async () => {
  const { exit, stderr } = await runToItsEnd({
    'no-label': label({ value: 'x' }),
    'missing-file': { module: 'file:///nowhere/at-all.wasm' },
    'remote': { module: 'registry://registry.test/policy:v1' },
    'no-module': { module: moduleUrl('adversarial/no-guest-call') },
    'bad-pattern': { ...privileged, hostCapabilities: ['kubernetes'] },
    'good': privileged,
  });
  assert.equal(exit, { code: 1, signal: null });
  for (const line of [
    /5 policies are wrong/,
    /^ {2}no-label: Policy settings are invalid: /m,
    /^ {2}missing-file: bootstrap failure: missing-file: Cannot read the module/m,
    /^ {2}remote: Error while downloading policy 'remote' from registry:/m,
    /^ {2}no-module: bootstrap failure: no-module: .*__guest_call/m,
    /^ {2}bad-pattern: bootstrap failure: invalid hostCapabilities pattern for policy bad-pattern: .*not a complete capability path/m,
  ]) assert.match(stderr, line);
});

main('with --continue-on-errors it serves the good policies and answers for the bad ones', async () => {
  const policies = { good: privileged, bad: label({}), lost: { module: 'file:///nowhere/at-all.wasm' } };
  await using server = runServer({ args: [...freePorts, '--continue-on-errors', '--policies', policiesFile(policies)] });
  const { port, readinessPort } = await server.ready();
  using client = http1Client({ port });
  using probe = http1Client({ port: readinessPort });
  assert.is((await probe.send({ path: '/readiness', method: 'GET' })).status, 200);
  const responseOf = async (policy: string): Promise<unknown> => (jsonOf(await client.send({ path: `/validate/${policy}`, body: review({ object: pod(false) }) })) as { response: unknown }).response;
  assert.equal(await responseOf('good'), { uid: 'a-uid', allowed: true, auditAnnotations: null, warnings: null });
  for (const policy of ['bad', 'lost']) {
    const { allowed, status } = (await responseOf(policy)) as { allowed: boolean; status: { code: number; message: string } };
    assert.equal([allowed, status.code], [false, 500]);
    assert.match(status.message, policy === 'bad' ? 'Policy settings are invalid: ' : 'bootstrap failure: lost: ');
  }
});

main('a host capability pattern that cannot be read ends the start even with --continue-on-errors', async () => {
  const { exit, stderr } = await runToItsEnd({ good: privileged, bad: { ...privileged, hostCapabilities: ['oci/v1*'] } }, '--continue-on-errors');
  assert.equal(exit, { code: 1, signal: null });
  assert.match(stderr, 'bad: bootstrap failure: invalid hostCapabilities pattern for policy bad');
});

main('a configuration that demands signatures is not served without them', async () => {
  const path = join(scratchFolder(), 'verification.yml');
  writeFileSync(path, 'apiVersion: v1\nallOf: []\n');
  const { exit, stderr, taken } = await runToItsEnd({ good: privileged }, '--verification-path', path, '--continue-on-errors');
  assert.equal(exit, { code: 1, signal: null });
  assert.match(stderr, 'Nothing is served unverified');
  assert.is(taken, 0);
});

const latin1File = join(scratchFolder(), 'latin1.yml');
writeFileSync(latin1File, Buffer.from('p: { module: m, settings: { name: größe } }', 'latin1'));

for (const [title, args, code, out, error] of [
  ['--version prints the version', ['--version'], 0, /^\d+\.\d+\.\d+\n$/, /^$/],
  ['--help names the options', ['--help'], 0, /--readiness-probe-port <port>/, /^$/],
  ['an unknown flag is a usage error', ['--nonsense'], 2, /^$/, /unknown option '--nonsense'/],
  ['a word too much is a usage error', ['serve'], 2, /^$/, /too many arguments|unknown command/],
  ['docs without a file is a usage error', ['docs'], 2, /^$/, /--output/],
  ['every wrong value is told at once', ['--port', 'http', '--addr', 'localhost', '--workers', '0'], 2, /^$/, /--addr: 'localhost'[^]*--port: 'http'|--workers must/],
  ['half a TLS pair is a usage error', ['--cert-file', 'tls.crt'], 2, /^$/, /both certificate and key must be provided together/],
  ['a client CA without a certificate is a usage error', ['--client-ca-file', 'ca.crt'], 2, /^$/, /client CA certificate requires server certificate and key to be specified/],
  ['a policies file that is not there is an error', ['--policies', '/nowhere/policies.yml'], 1, /./, /Cannot read the policies file '\/nowhere\/policies\.yml'/],
  ['a policies file that is not UTF-8 is an error', ['--policies', latin1File], 1, /./, /Cannot read the policies file '.*': The encoded data was not valid/],
  ['docs that cannot be written is an error', ['docs', '-o', '/nowhere/options.md'], 1, /^$/, /^Error: Cannot write the reference of the options to '\/nowhere\/options\.md': ENOENT/],
  ['an authority that cannot be written is an error', ['--dev-tls', '/nowhere/ca.crt', '--policies', policiesFile({})], 1, /./, /Cannot write the authority of the development certificate to '\/nowhere\/ca\.crt': ENOENT/],
  ['a certificate that is not there is an error', ['--policies', policiesFile({}), '--cert-file', '/nowhere/tls.crt', '--key-file', '/nowhere/tls.key'], 1, /./, /Cannot read the TLS file '\/nowhere\/tls\.(crt|key)'/],
  ['a policies file with a group is an error', ['--policies', policiesFile({ group: { policies: {}, expression: 'true', message: 'no' } })], 1, /./, /error while loading policies from ".*": .*policy groups are not supported yet/],
] as const) {
  main(title, async () => {
    await using server = runServer({ args });
    assert.equal(await server.exited, { code, signal: null }, server.stderr());
    assert.match(server.stdout(), out);
    assert.match(server.stderr(), error);
  });
}

main('--print-config tells each value and where it came from', async () => {
  await using server = runServer({ args: ['--print-config', '--port', '4000'], env: { KUBEWARDEN_WORKERS: '3', NO_COLOR: '1' } });
  assert.equal(await server.exited, { code: 0, signal: null });
  for (const line of ['port: 4000 # flag', 'workers: 3 # environment', 'log-no-color: true # environment', 'readiness-probe-port: 8081 # default', 'cert-file: (not set) # default']) assert.match(server.stdout(), line);
});

main('docs writes the reference of the options', async () => {
  const path = join(scratchFolder(), 'options.md');
  await using server = runServer({ args: ['docs', '-o', path] });
  assert.equal(await server.exited, { code: 0, signal: null });
  assert.match(readFileSync(path, 'utf8'), '| `--readiness-probe-port` | `KUBEWARDEN_READINESS_PROBE_PORT` | `8081` |');
});

main('without a certificate it serves plain HTTP, with a warning', async () => {
  await using server = runServer({ args: [...freePorts, '--policies', policiesFile({ good: privileged })] });
  const { port } = await server.ready();
  assert.match(server.stdout(), /WARN .*served over plain HTTP/);
  using client = http1Client({ port });
  assert.is((await client.send({ path: '/validate/good', body: review() })).status, 200);
});

main('at the start it downloads the policies that the configuration names, each module once', async () => {
  const module = readFileSync(new URL(moduleUrl('pod-privileged')));
  await using web = await startWebServer((request, response) => response.writeHead(request.url === '/privileged.wasm' ? 200 : 404).end(request.url === '/privileged.wasm' ? module : ''));
  const policies = policiesFile({ first: { module: `${web.origin}/privileged.wasm` }, second: { module: `${web.origin}/privileged.wasm`, policyMode: 'monitor' } });
  const folder = scratchFolder();
  writeFileSync(join(folder, 'sources.yml'), JSON.stringify({ insecure_sources: [web.host] }));
  await using server = runServer({ args: [...freePorts, '--policies', policies, '--policies-download-dir', folder, '--sources-path', join(folder, 'sources.yml')] });
  const { port } = await server.ready();
  assert.equal(web.seen.map(({ url }) => url), ['/privileged.wasm']);
  using client = http1Client({ port });
  assert.match((await client.send({ path: '/validate/first', body: review({ object: pod(true) }) })).text, 'Privileged container is not allowed');
  assert.match((await client.send({ path: '/validate/second', body: review({ object: pod(true) }) })).text, '"allowed":true');
});

main('what is not built yet is accepted with one warning each', async () => {
  await using server = runServer({ args: [...freePorts, '--policies', policiesFile({}), '--enable-metrics'], env: { KUBEWARDEN_ENABLE_PPROF: 'true', KUBEWARDEN_LOG_FMT: 'otlp' } });
  await server.ready();
  for (const warning of ['--enable-metrics has no effect yet', '--enable-pprof has no effect yet', '--log-fmt=otlp is not built yet']) assert.is(server.stdout().split(warning).length, 2, warning);
});

main('--dev-tls makes a certificate for loopback and leaves its authority where clients find it', async () => {
  const folder = scratchFolder();
  const authorityPath = join(folder, 'ca.crt');
  await using server = runServer({ args: ['--addr', '0.0.0.0', '--port', '0', '--readiness-probe-port', '0', '--dev-tls', authorityPath, '--policies', policiesFile({ good: privileged })] });
  const { port } = await server.ready();
  const ca = readFileSync(authorityPath, 'utf8');
  assert.not.match(ca, 'PRIVATE KEY');
  for (const client of [http1Client({ port, ca }), http2Client({ port, ca })]) {
    assert.is((await client.send({ path: '/validate/good', body: review() })).status, 200);
    client[Symbol.dispose]();
  }
});

main('files of a TLS pair are served', async () => {
  const authority = await createAuthority('of the files');
  const { certificate, key } = await authority.issueServer();
  const folder = scratchFolder();
  writeFileSync(join(folder, 'tls.crt'), certificate);
  writeFileSync(join(folder, 'tls.key'), key);
  await using server = runServer({ args: [...freePorts, '--policies', policiesFile({ good: privileged })], env: { KUBEWARDEN_CERT_FILE: join(folder, 'tls.crt'), KUBEWARDEN_KEY_FILE: join(folder, 'tls.key') } });
  const { port } = await server.ready();
  using client = http2Client({ port, ca: authority.pem });
  assert.is((await client.send({ path: '/validate/good', body: review() })).status, 200);
});

main('a port that is taken is an error', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const port = String((taken.address() as AddressInfo).port);
  for (const args of [['--port', port, '--readiness-probe-port', '0'], ['--port', '0', '--readiness-probe-port', port]]) {
    await using server = runServer({ args: ['--addr', '127.0.0.1', ...args, '--policies', policiesFile({ good: privileged })] });
    assert.equal(await server.exited, { code: 1, signal: null });
    assert.match(server.stderr(), 'EADDRINUSE');
  }
  await new Promise((resolve) => taken.close(resolve));
});

const bareDevices = ['null', 'zero', 'random', 'urandom'].map((name) => `touch $d/${name} && mount --bind /dev/${name} $d/${name}`).join(' && ');
/** A /dev of its own with a termination log, as in a Pod, and what the log holds at the end as the last line of the output. */
const inPod = ['unshare', '--mount', 'sh', '-c', `d=$(mktemp -d) && mount -t tmpfs tmpfs $d && ${bareDevices} && touch $d/termination-log && mount --move $d /dev && rmdir $d; "$@"; code=$?; echo; cat /dev/termination-log; exit $code`, 'sh'];
const hasNamespaces = spawnSync('unshare', ['--mount', 'true']).status === 0;

const inNamespace = (title: string, body: () => Promise<void>): void => (hasNamespaces ? main(title, body) : main.skip(title, body));

inNamespace('in a Pod the reasons are told to Kubernetes, as JSON per policy', async () => {
  await using server = runServer({ wrapper: inPod, args: ['--policies', policiesFile({ bad: label({ label: '', value: 'x' }), lost: { module: 'file:///nowhere/at-all.wasm' }, good: privileged })] });
  assert.equal(await server.exited, { code: 1, signal: null });
  const { policies } = JSON.parse(String(server.stdout().trimEnd().split('\n').pop())) as { policies: { policyId: string; message: string }[] };
  assert.equal(policies.map(({ policyId }) => policyId), ['bad', 'lost']);
  assert.is(policies[0]?.message, "Policy settings are invalid: 'label' must not be empty");
});

main('a log reader that goes away does not end the server', async () => {
  await using server = runServer({ args: [...freePorts, '--policies', policiesFile({ good: privileged })] });
  const { port } = await server.ready();
  server.child.stdout?.destroy();
  using client = http1Client({ port });
  for (let count = 0; count < 5; count += 1) assert.is((await client.send({ path: '/validate/good', body: review({ object: pod(true) }) })).status, 200);
});

main.run();
