import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import type { TestClient } from '../../../support/policy-server/clients.js';
import { http1Client } from '../../../support/policy-server/clients.js';
import { startedServer } from '../../../support/policy-server/in-process.js';
import { moduleUrl } from '../../../support/policy-server/modules.js';
import { freePorts, policiesFile, runServer } from '../../../support/policy-server/process.js';
import { review } from '../../../support/policy-server/reviews.js';

// Values are planted wherever a request, a policy or its configuration can hold them, and every output is searched for them.
const secrecy = suite('webhook-server/telemetry/secrecy');

const planted = { object: 'PLANTED-IN-OBJECT', settings: 'PLANTED-IN-SETTINGS', secret: 'PLANTED-IN-SECRET', name: 'PLANTED-AS-NAME' };

const policies = {
  label: { module: moduleUrl('add-label'), settings: { label: 'team', value: planted.settings }, allowedToMutate: true },
  forbidden: { module: moduleUrl('add-label'), settings: { label: 'team', value: planted.settings } },
  privileged: { module: moduleUrl('pod-privileged') },
  monitored: { module: moduleUrl('pod-privileged'), policyMode: 'monitor' },
  traps: { module: moduleUrl('adversarial/trap') },
  talker: { module: moduleUrl('host-call'), hostCapabilities: ['net/*'] },
  denier: { module: moduleUrl('scripted'), settings: { answer: { accepted: false, message: `no: ${planted.secret}`, warnings: [planted.secret] } } },
  monitoredDenier: { module: moduleUrl('scripted'), policyMode: 'monitor', settings: { answer: { accepted: false, message: `no: ${planted.secret}` } } },
  failer: { module: moduleUrl('scripted'), settings: { error: planted.secret } },
};

/** An object that a policy denies, with the value where policies read and where they do not. */
const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'thing', labels: { a: planted.object } }, spec: { containers: [{ name: planted.object, securityContext: { privileged: true } }] } };
const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'thing' }, data: { password: planted.secret }, stringData: { [planted.secret]: 'x' } };

/** A review of a Secret whose fields make the `host-call` policy call the host with the Secret's content. */
const secretCall = (namespace: string, operation: string, payload: unknown): string => {
  const { request, ...rest } = JSON.parse(review({ kind: 'Secret', namespace, operation, object: secret })) as { request: object };
  return JSON.stringify({ ...rest, request: { ...request, payload } });
};

/** Everything that could make a server say something. */
async function provoke(client: TestClient): Promise<void> {
  const send = (path: string, body: string): Promise<unknown> => client.send({ path, body });
  for (const route of ['/validate', '/audit', '/validate_raw']) {
    for (const policy of ['label', 'forbidden', 'privileged', 'monitored', 'traps', 'nobody', 'a%2Fb%2Fc']) await send(`${route}/${policy}`, review({ object }));
    for (const policy of ['denier', 'monitoredDenier', 'failer', 'label', 'forbidden', 'traps']) await send(`${route}/${policy}`, review({ kind: 'Secret', object: secret }));
  }
  for (const level of ['TRACE', 'DEBUG', 'INFO', 'WARNING', 'ERROR']) await send('/validate/talker', secretCall('tracing', 'log', { level, message: planted.secret, data: planted.secret }));
  // As if the policy had read the name of a capability out of the Secret: such a name may be told of the request, and not of the call.
  await send('/validate/talker', secretCall('kubernetes', planted.name, {}));
  await send('/validate/talker', secretCall(planted.name, 'x', {}));
  await send('/validate/talker', secretCall('net', 'v1/dns_lookup_host', { not: planted.secret }));
  await send('/validate/talker', secretCall('net', 'v1/dns_lookup_host', `${planted.secret}.invalid`));
  await send('/validate/talker', secretCall('tracing', 'log', planted.secret));
  // What cannot be read may be about a Secret too.
  for (const body of [`{"request":{"data":${planted.secret}}}`, `{"${planted.secret}":1,"${planted.secret}":2}`, `{"request":{"uid":"u","uid":"${planted.secret}"}}`, `{"request":{"uid":["${planted.secret}"]}}`, planted.secret]) {
    await send('/validate/denier', body);
    await client.send({ path: '/validate/denier', body, headers: { 'content-type': 'text/plain' } });
  }
}

/** Names of planted values in a text, as they are and as a patch would carry them. */
function foundIn(text: string, names: readonly (keyof typeof planted)[]): readonly string[] {
  const decoded = [...text.matchAll(/[A-Za-z0-9+/]{24,}={0,2}/g)].map(([base64]) => Buffer.from(base64, 'base64').toString('latin1')).join('\n');
  return names.filter((name) => text.includes(planted[name]) || decoded.includes(planted[name]));
}

const quiet = ['info', 'warn', 'error'] as const;
for (const format of ['json', 'text'] as const) {
  for (const level of ['trace', 'debug', ...quiet] as const) {
    secrecy(`${format} logs at ${level} hold nothing of a Secret at all, and nothing of objects, patches and settings above debug`, async () => {
      await using started = await startedServer({ policies, flags: { 'log-level': level, 'log-fmt': format, 'log-no-color': 'true' } });
      await provoke(started.http1);
      // The metrics say how much happened, and not what it was about.
      using scraper = http1Client({ port: started.server.metricsPort ?? 0 });
      const { text: metrics } = await scraper.send({ path: '/metrics', method: 'GET' });
      assert.equal(foundIn(metrics, ['object', 'settings', 'secret']), []);
      assert.equal(started.log.filter((line) => foundIn(line, ['secret']).length > 0), []);
      assert.equal(started.log.filter((line) => line.includes('capability') && foundIn(line, ['name']).length > 0), []);
      const loud = started.log.filter((line) => (format === 'json' ? !/"level":"(trace|debug)"/.test(line) : !/^\S+ +(TRACE|DEBUG) /.test(line)));
      assert.equal(loud.filter((line) => foundIn(line, ['object', 'settings']).length > 0), []);
      if (level === 'info') assert.ok(started.log.length > 20, 'something was said');
    });
  }
}

secrecy('nor does anything else reach the streams of the process', async () => {
  await using server = runServer({ args: [...freePorts, '--log-level', 'trace', '--policies', policiesFile(policies)] });
  const { port } = await server.ready();
  using client = http1Client({ port });
  await provoke(client);
  server.child.kill('SIGINT');
  await server.exited;
  assert.equal(foundIn(server.stdout(), ['secret']), []);
  assert.is(server.stderr(), '');
});

secrecy('the search itself finds what is there', () => {
  assert.equal(foundIn(`x ${planted.secret} y`, ['secret', 'object']), ['secret']);
  assert.equal(foundIn(Buffer.from(`[{"op":"add","value":"${planted.settings}"}]`).toString('base64'), ['settings']), ['settings']);
});

secrecy.run();
