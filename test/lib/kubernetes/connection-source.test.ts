import type { RequestOptions } from 'node:http';
import { Agent } from 'node:http';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { ConnectionSource } from '../../../lib/kubernetes/connection.js';
import { createConnectionSource, type KubeConfigView } from '../../../lib/kubernetes/connection-source.js';
import { rejectionOf } from '../../support/rejection.js';
import { SteadyTestClock } from '../../support/steady-test-clock.js';

const sources = suite('kubernetes/connection-source');

/** A kubeconfig that counts how often its credentials are asked for. */
class CountingConfig implements KubeConfigView {
  asked = 0;
  failure: Error | undefined;
  options: RequestOptions & { ca?: unknown; cert?: unknown; key?: unknown; servername?: string; rejectUnauthorized?: boolean } = {};
  cluster: ReturnType<KubeConfigView['getCurrentCluster']> = { server: 'https://example.test:6443', skipTLSVerify: false };
  user: object | null = {};
  context: { readonly namespace?: string } | null = { namespace: 'team\n' };
  readonly name: string;

  constructor(name = 'context') {
    this.name = name;
  }

  getCurrentContext(): string {
    return this.name;
  }

  getContextObject(): { readonly namespace?: string } | null {
    return this.context;
  }

  getCurrentCluster(): ReturnType<KubeConfigView['getCurrentCluster']> {
    return this.cluster;
  }

  getCurrentUser(): object | null {
    return this.user;
  }

  async applyToHTTPSOptions(options: RequestOptions): Promise<void> {
    this.asked += 1;
    await Promise.resolve();
    if (this.failure !== undefined) throw this.failure;
    Object.assign(options, { headers: { Authorization: `Bearer token-${this.asked}\n` }, agent: new Agent() }, this.options);
  }
}

interface Setting {
  readonly clock: SteadyTestClock;
  readonly configs: CountingConfig[];
  readonly source: ConnectionSource;
}

async function open(prepare: (config: CountingConfig) => void = () => undefined): Promise<Setting> {
  const clock = new SteadyTestClock();
  const configs: CountingConfig[] = [];
  const load = (): Promise<KubeConfigView> => {
    const config = new CountingConfig();
    prepare(config);
    configs.push(config);
    return Promise.resolve(config);
  };
  return { clock, configs, source: await createConnectionSource(load, clock.steadyMs) };
}

const tokenOf = async (source: ConnectionSource): Promise<string | undefined> => (await source.current()).headers['authorization'];

sources('certificates, headers, names and the namespace are taken over', async () => {
  const { source } = await open((config) => {
    config.options = { ca: Buffer.from('CA'), cert: 'CERT', key: Buffer.from('KEY'), servername: 'name', headers: { Authorization: 'Bearer t\n', 'Impersonate-User': 'jane' } };
  });
  assert.equal(await source.current(), {
    server: new URL('https://example.test:6443'),
    tls: { ca: 'CA', certificate: 'CERT', key: 'KEY', serverName: 'name', verified: true },
    headers: { authorization: 'Bearer t', 'impersonate-user': 'jane' },
  });
  assert.is(source.namespace, 'team');
});

sources('a user and password become basic credentials, and skipped checks are skipped', async () => {
  const { source } = await open((config) => (config.options = { headers: {}, auth: 'user:pässword', rejectUnauthorized: false }));
  const { headers, tls } = await source.current();
  assert.equal(headers, { authorization: `Basic ${Buffer.from('user:pässword').toString('base64')}` });
  assert.is(tls.verified, false);
});

sources('the package\'s agent is used only where it leads through a proxy', async () => {
  const { source } = await open();
  assert.is((await source.current()).proxyAgent, undefined);
  const proxied = await open((config) => (config.cluster = { server: 'https://example.test', skipTLSVerify: false, proxyUrl: 'http://proxy.test' }));
  assert.instance((await proxied.source.current()).proxyAgent, Agent);
});

sources('files and plugins are asked again after a minute, by one caller for all', async () => {
  const { source, clock } = await open();
  assert.equal(await Promise.all([tokenOf(source), tokenOf(source)]), ['Bearer token-1', 'Bearer token-1']);
  await clock.advance(59_999);
  assert.is(await tokenOf(source), 'Bearer token-1');
  await clock.advance(1);
  assert.equal(await Promise.all([tokenOf(source), tokenOf(source)]), ['Bearer token-2', 'Bearer token-2']);
});

sources('a plugin that fails for a moment leaves the last connection in use, and is asked again soon', async () => {
  const { source, clock, configs } = await open();
  await source.current();
  await clock.advance(60_000);
  for (const config of configs) config.failure = new Error('moment');
  assert.is(await tokenOf(source), 'Bearer token-1');
  for (const config of configs) config.failure = undefined;
  await clock.advance(9_999);
  assert.is(await tokenOf(source), 'Bearer token-1');
  await clock.advance(1);
  assert.is(await tokenOf(source), 'Bearer token-3');
});

sources('a plugin that fails from the start says what it said', async () => {
  const { source } = await open((config) => (config.failure = new Error(`Unable to locate credentials\n${'x'.repeat(10_000)}`)));
  const fault = await rejectionOf(source.current());
  assert.equal([fault.code, fault.retryable], ['KUBERNETES_CREDENTIALS_FAILED', true]);
  assert.match(fault.message, /^cannot get the credentials of context "context": Unable to locate credentials/);
  assert.ok(fault.message.length < 600);
});

sources('what a plugin wrote instead of JSON, which may be the credential, is not repeated', async () => {
  let failure: unknown;
  try {
    JSON.parse('s3cret');
  } catch (error) {
    failure = error;
  }
  const { source } = await open((config) => (config.failure = failure as Error));
  assert.is((await rejectionOf(source.current())).message, 'cannot get the credentials of context "context": the exec plugin did not answer with JSON');
});

sources('a refused connection has everything read anew, once for all that were refused, and not more than every five seconds', async () => {
  const { source, clock, configs } = await open();
  const refused = await source.current();
  assert.is(await source.renew(refused), refused);
  await clock.advance(5_000);
  const [first, second] = await Promise.all([source.renew(refused), source.renew(refused)]);
  assert.is(first, second);
  assert.is.not(first, refused);
  assert.is(configs.length, 2);
  assert.is(await source.renew(refused), first);
  assert.is(await source.current(), first);
  assert.is(await source.renew(first), first);
  await clock.advance(5_000);
  await source.renew(first);
  assert.is(configs.length, 3);
});

sources('a renewal that fails is told', async () => {
  let loads = 0;
  const { source, clock } = await open((config) => {
    loads += 1;
    if (loads > 1) config.failure = new Error('logged out');
  });
  const refused = await source.current();
  await clock.advance(5_000);
  assert.match((await rejectionOf(source.renew(refused))).message, /logged out/);
});

const wrong: readonly [title: string, prepare: (config: CountingConfig) => void, found: string][] = [
  ['a context that is not there', (config) => (config.context = null), 'it has no context "context"'],
  ['a cluster that is not there', (config) => (config.cluster = null), 'its context "context" names a cluster that it does not have'],
  ['a user that is not there', (config) => (config.user = null), 'its context "context" names a user that it does not have'],
  ['a server that is no URL', (config) => (config.cluster = { server: 'example.test', skipTLSVerify: false }), 'the server of its context "context" is no URL of HTTPS or HTTP'],
  ['a server of another scheme', (config) => (config.cluster = { server: 'ftp://example.test', skipTLSVerify: false }), 'the server of its context "context" is no URL of HTTPS or HTTP'],
  ['a server without TLS', (config) => (config.cluster = { server: 'http://example.test', skipTLSVerify: false }), 'its context "context" names a server without TLS, which has to be allowed by insecure-skip-tls-verify'],
];

for (const [title, prepare, found] of wrong) {
  sources(`${title} is refused`, async () => {
    const fault = await rejectionOf(open(prepare));
    assert.equal([fault.code, fault.message], ['KUBERNETES_CONFIG_INVALID', `cannot use the kubeconfig: ${found}`]);
  });
}

sources('no current context is refused', async () => {
  assert.match((await rejectionOf(createConnectionSource(() => Promise.resolve(new CountingConfig('')), () => 0))).message, /it names no current context/);
});

sources('a server without TLS may be allowed', async () => {
  const { source } = await open((config) => (config.cluster = { server: 'http://127.0.0.1:8001', skipTLSVerify: true }));
  assert.is((await source.current()).server.protocol, 'http:');
});

sources.run();
