import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { http1Client, http2Client, type TestAnswer } from '../../support/policy-server/clients.js';
import { moduleUrl } from '../../support/policy-server/modules.js';
import { freePorts, policiesFile, runServer } from '../../support/policy-server/process.js';
import { rawConnection } from '../../support/policy-server/raw-connection.js';
import { review } from '../../support/policy-server/reviews.js';
import { scratchFolder } from '../../support/scratch.js';

// How the process ends.
const shutdown = suite('webhook-server/shutdown');

const slow = { module: moduleUrl('adversarial/infinite-loop'), timeoutEvalSeconds: 4 };
const accept = { module: moduleUrl('adversarial/accept') };
const policies = policiesFile({ slow, accept, endless: { ...slow, timeoutEvalSeconds: 60 } });
const devTls = (): { args: readonly string[]; authorityPath: string } => {
  const authorityPath = `${scratchFolder()}/ca.crt`;
  return { args: [...freePorts, '--dev-tls', authorityPath, '--policies', policies], authorityPath };
};
const body = review();

shutdown('SIGTERM: not ready at once, requests still taken for a while, those in flight answered over both protocols, then gone', async () => {
  const { args, authorityPath } = devTls();
  await using server = runServer({ args });
  const { port, readinessPort } = await server.ready();
  const target = { port, ca: readFileSync(authorityPath, 'utf8') };
  using http1 = http1Client(target);
  using http2 = http2Client(target);
  using idle = http1Client(target);
  using late = http1Client(target);
  using probe = http1Client({ port: readinessPort });
  const ready = async (): Promise<number> => (await probe.send({ path: '/readiness', method: 'GET' })).status;
  assert.is(await ready(), 200);
  // Connections that only sit there must not hold the end up.
  assert.is((await idle.send({ path: '/validate/accept', body })).status, 200);
  using silent = await rawConnection(target);
  const inFlight: readonly Promise<TestAnswer>[] = [http1, http2].map((client) => client.send({ path: '/validate/slow', body }));
  // The same connections carry both, so this has arrived when the other has.
  assert.is((await http2.send({ path: '/validate/nobody', body })).status, 404);
  server.child.kill('SIGTERM');
  while ((await ready()) === 200);
  assert.is(await ready(), 503);
  assert.is((await late.send({ path: '/validate/accept', body })).status, 200, 'whoever has not heard yet is still served');
  for (const answer of await Promise.all(inFlight)) {
    assert.is(answer.status, 200);
    assert.match(answer.text, 'exceeded the allowed execution time');
  }
  assert.equal(await server.exited, { code: 0, signal: null });
  await silent.closed;
  assert.match(server.stdout(), /policy-server stopped/);
  assert.not.match(server.stdout(), /connections were cut off/);
});

for (const signals of [
  ['SIGTERM', 'SIGTERM'],
  ['SIGINT', 'SIGTERM'],
] as const) {
  shutdown(`${signals.join(' and then ')}: the second signal ends the process at once`, async () => {
    const { args } = devTls();
    await using server = runServer({ args: args.filter((word) => word !== '--dev-tls' && !word.endsWith('ca.crt')) });
    const { port } = await server.ready();
    using client = http1Client({ port });
    const cut = client.send({ path: '/validate/endless', body }).then(() => 'answered', () => 'cut off');
    using other = http1Client({ port });
    await other.send({ path: '/validate/nobody', body });
    server.child.kill(signals[0]);
    await server.prints(/told to stop/);
    server.child.kill(signals[1]);
    const { code, signal } = await server.exited;
    assert.ok(code !== 0 || signal !== null);
    assert.is(await cut, 'cut off');
    assert.not.match(server.stdout(), /policy-server stopped/);
  });
}

shutdown('SIGINT ends an idle server without a wait for those who route requests', async () => {
  await using server = runServer({ args: [...freePorts, '--policies', policies] });
  await server.ready();
  server.child.kill('SIGINT');
  assert.equal(await server.exited, { code: 0, signal: null });
});

shutdown('a signal before anything is served ends the process', async () => {
  await using server = runServer({ args: [...freePorts, '--policy-timeout', '60', '--policies', policiesFile({ hangs: { module: moduleUrl('adversarial/settings-hang') } })] });
  await server.prints(/policy-server starting/);
  server.child.kill('SIGTERM');
  const { code, signal } = await server.exited;
  assert.ok(code !== 0 || signal !== null);
});

const stubborn = { module: moduleUrl('adversarial/fill-loop-uncheckable'), timeoutEvalSeconds: 1 };

shutdown('a policy that cannot be stopped does not keep the process from ending', async () => {
  await using server = runServer({ args: [...freePorts, '--policies', policiesFile({ stubborn, accept })] });
  const { port } = await server.ready();
  using client = http1Client({ port });
  assert.match((await client.send({ path: '/validate/stubborn', body })).text, 'exceeded the allowed execution time');
  assert.match((await client.send({ path: '/validate/accept', body })).text, '"allowed":true');
  server.child.kill('SIGINT');
  await server.exited;
  assert.match(server.stdout(), /policy-server stopped/);
});

const canUnshare = spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0;
const inNamespace = (title: string, test: () => Promise<void>): void => (canUnshare ? shutdown(title, test) : shutdown.skip(title, test));

inNamespace('nor as the first process of a container, which signals from within do not reach', async () => {
  await using server = runServer({ wrapper: ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'], args: [...freePorts, '--policies', policiesFile({ stubborn, accept })] });
  const { port } = await server.ready();
  using client = http1Client({ port });
  assert.match((await client.send({ path: '/validate/stubborn', body })).text, 'exceeded the allowed execution time');
  const { pid = 0 } = server.child;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  for (const child of children) process.kill(Number(child), 'SIGINT');
  await server.exited;
  assert.match(server.stdout(), /policy-server stopped/);
});

shutdown.run();
