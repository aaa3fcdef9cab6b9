// The real `KubeConfig`, with files, plugins and a service account of the test's own.
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { loadConnection } from '../../../lib/kubernetes/config.js';
import { rejectionOf } from '../../support/rejection.js';
import { scratchFolder } from '../../support/scratch.js';
import { SteadyTestClock } from '../../support/steady-test-clock.js';

const configs = suite('kubernetes/config');

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const surroundings = { ...process.env };

configs.after.each(() => {
  for (const name of ['KUBECONFIG', 'HOME', 'KUBERNETES_SERVICE_HOST', 'KUBERNETES_SERVICE_PORT']) {
    if (surroundings[name] === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = surroundings[name];
  }
});

function write(name: string, text: string, folder = scratchFolder()): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const kubeconfig = `
apiVersion: v1
kind: Config
current-context: token
clusters:
- {name: one, cluster: {server: 'https://one.test:6443', certificate-authority-data: ${base64('CA')}}}
- {name: two, cluster: {server: 'https://two.test', certificate-authority: ca.crt, tls-server-name: other.test}}
- {name: open, cluster: {server: 'https://open.test', insecure-skip-tls-verify: true, proxy-url: 'http://proxy.test:3128'}}
contexts:
- {name: token, context: {cluster: one, user: token, namespace: team}}
- {name: certificate, context: {cluster: two, user: certificate}}
- {name: open, context: {cluster: open, user: basic}}
users:
- {name: token, user: {token: t0ken}}
- {name: certificate, user: {client-certificate-data: ${base64('CERT')}, client-key: tls.key}}
- {name: basic, user: {username: u, password: p}}
`;

configs('the current context counts unless another one is named', async () => {
  const folder = scratchFolder();
  write('ca.crt', 'FILE CA', folder);
  write('tls.key', 'FILE KEY', folder);
  const path = write('config', kubeconfig, folder);
  const token = await loadConnection({ kind: 'file', path });
  assert.is(token.namespace, 'team');
  assert.equal(await token.current(), { server: new URL('https://one.test:6443'), tls: { ca: 'CA', certificate: undefined, key: undefined, serverName: undefined, verified: true }, headers: { authorization: 'Bearer t0ken' } });
  const certificate = await (await loadConnection({ kind: 'file', path, context: 'certificate' })).current();
  assert.equal(certificate, { server: new URL('https://two.test'), tls: { ca: 'FILE CA', certificate: 'CERT', key: 'FILE KEY', serverName: 'other.test', verified: true }, headers: {} });
  const open = await (await loadConnection({ kind: 'file', path, context: 'open' })).current();
  assert.equal([open.tls.verified, open.headers['authorization'], open.proxyAgent === undefined], [false, `Basic ${base64('u:p')}`, false]);
});

configs('the default is $KUBECONFIG, then the file at home', async () => {
  const path = write('config', kubeconfig);
  process.env['KUBECONFIG'] = path;
  assert.is((await (await loadConnection()).current()).server.host, 'one.test:6443');
  process.env['KUBECONFIG'] = '';
  const home = scratchFolder();
  mkdirSync(join(home, '.kube'));
  write('config', kubeconfig.replace('one.test', 'home.test'), join(home, '.kube'));
  process.env['HOME'] = home;
  assert.is((await (await loadConnection({ kind: 'default' })).current()).server.host, 'home.test:6443');
});

configs('with no kubeconfig at all nothing is made up', async () => {
  process.env['KUBECONFIG'] = '';
  process.env['HOME'] = scratchFolder();
  assert.is((await rejectionOf(loadConnection())).message, 'cannot use the kubeconfig: there is none, and no service account either');
});

configs('an exec plugin gives a token, which is kept until it expires', async () => {
  const folder = scratchFolder();
  const counter = join(folder, 'count');
  const plugin = write('plugin.cjs', `const fs = require('node:fs'); fs.appendFileSync(${JSON.stringify(counter)}, 'x');
    console.log(JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token: process.env.PREFIX + fs.statSync(${JSON.stringify(counter)}).size, expirationTimestamp: '2999-01-01T00:00:00Z' } }));`, folder);
  const path = write('config', JSON.stringify({ 'current-context': 'c', clusters: [{ name: 'c', cluster: { server: 'https://a.test' } }], contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }], users: [{ name: 'u', user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: process.execPath, args: [plugin], env: [{ name: 'PREFIX', value: 'token-' }] } } }] }), folder);
  const source = await loadConnection({ kind: 'file', path });
  assert.equal((await source.current()).headers, { authorization: 'Bearer token-1' });
  assert.equal((await source.current()).headers, { authorization: 'Bearer token-1' });
});

configs('an exec plugin that is not there is told by its name', async () => {
  const path = write('config', JSON.stringify({ 'current-context': 'c', clusters: [{ name: 'c', cluster: { server: 'https://a.test' } }], contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }], users: [{ name: 'u', user: { exec: { command: 'no-such-plugin-anywhere' } } }] }));
  const fault = await rejectionOf((await loadConnection({ kind: 'file', path })).current());
  assert.equal([fault.code, /no-such-plugin-anywhere/.test(fault.message)], ['KUBERNETES_CREDENTIALS_FAILED', true]);
});

configs('in a Pod the service account counts, and a token that is refused is read again from its file', async () => {
  const root = scratchFolder();
  const folder = join(root, 'var/run/secrets/kubernetes.io/serviceaccount');
  mkdirSync(folder, { recursive: true });
  write('ca.crt', 'POD CA', folder);
  write('token', 'first\n', folder);
  write('namespace', 'pod-namespace\n', folder);
  Object.assign(process.env, { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' });
  const clock = new SteadyTestClock();
  const source = await loadConnection({ kind: 'in-cluster', root }, clock.steadyMs);
  assert.is(source.namespace, 'pod-namespace');
  const first = await source.current();
  assert.equal(first, { server: new URL('https://[fd00::1]'), tls: { ca: 'POD CA', certificate: undefined, key: undefined, serverName: undefined, verified: true }, headers: { authorization: 'Bearer first' } });
  write('token', 'second\n', folder);
  await clock.advance(5000);
  assert.is((await source.renew(first)).headers['authorization'], 'Bearer second');
});

configs('outside of a Pod there is no service account', async () => {
  Reflect.deleteProperty(process.env, 'KUBERNETES_SERVICE_HOST');
  assert.match((await rejectionOf(loadConnection({ kind: 'in-cluster' }))).message, /this is no Pod: KUBERNETES_SERVICE_HOST is not set/);
});

const broken: readonly [title: string, text: string, found: RegExp][] = [
  ['a context that is not there', kubeconfig.replace('current-context: token', 'current-context: x'), /it has no context "x"/],
  ['no current context', kubeconfig.replace('current-context: token', ''), /it names no current context/],
  ['a cluster without a server', 'clusters: [{name: a, cluster: {x: 1}}]', /clusters\[0\].cluster.server is missing/],
  ['an empty file', '', /./],
];

for (const [title, text, found] of broken) {
  configs(`${title} is refused`, async () => {
    const fault = await rejectionOf(loadConnection({ kind: 'file', path: write('config', text) }));
    assert.is(fault.code, 'KUBERNETES_CONFIG_INVALID');
    assert.match(fault.message, found);
  });
}

configs('a file that is not there is told by its path', async () => {
  const fault = await rejectionOf(loadConnection({ kind: 'file', path: '/no/such/config' }));
  assert.equal([fault.code, fault.message.includes('/no/such/config')], ['KUBERNETES_CONFIG_INVALID', true]);
});

configs('a file that is no YAML is refused without showing its lines, which may hold secrets', async () => {
  const fault = await rejectionOf(loadConnection({ kind: 'file', path: write('config', 'users:\n- name: a\n  user: {token: s3cret\n x: [}') }));
  assert.is(fault.code, 'KUBERNETES_CONFIG_INVALID');
  assert.not.match(fault.message, /s3cret/);
});

configs('a KubeConfig of the caller is taken as it is', async () => {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  config.loadFromString(kubeconfig);
  assert.is((await (await loadConnection({ kind: 'given', config })).current()).server.host, 'one.test:6443');
});

configs('without the package, which is optional, the fault says what to install', async () => {
  const folder = scratchFolder();
  cpSync('build/lib', join(folder, 'lib'), { recursive: true });
  write('package.json', '{"type":"module"}', folder);
  const elsewhere = (await import(pathToFileURL(join(folder, 'lib/kubernetes/config.js')).href)) as { readonly loadConnection: typeof loadConnection };
  const fault: unknown = await elsewhere.loadConnection().catch((error: unknown) => error);
  assert.match(String(fault), /cannot read a kubeconfig: the package @kubernetes\/client-node is not installed; install version 1\.4/);
});

configs.run();
