import type { ApiListener } from '../../../../integrations/webhook-server/src/sockets/request-guard.js';
import { apiLimits } from '../../../../integrations/webhook-server/src/sockets/api-limits.js';
import { createApiServer, type ApiServer } from '../../../../integrations/webhook-server/src/sockets/api-server.js';
import { tlsMaterial, type TlsMaterial } from '../../../../integrations/webhook-server/src/tls/tls-material.js';
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { createAuthority, type Authority } from '../../../support/policy-server/authority.js';
import { http1Client, http2Client, type Target, type TestClient } from '../../../support/policy-server/clients.js';
import { rawConnection } from '../../../support/policy-server/raw-connection.js';

// How the API's socket begins and ends; what it bounds is http1-abuse.test.ts and http2-abuse.test.ts.
const socket = suite('webhook-server/sockets/api-server');

let authority: Authority;
let tls: TlsMaterial;
socket.before(async () => {
  authority = await createAuthority('root');
  tls = tlsMaterial({ ...(await authority.issueServer()), clientCas: [] });
});

/** Answers when the test says so. */
class Gate {
  readonly #waiting: (() => void)[] = [];
  #arrived: () => void = () => undefined;

  readonly listener: ApiListener = (_request, response) => {
    this.#waiting.push(() => response.end('answered'));
    this.#arrived();
  };

  async arrivals(count: number): Promise<void> {
    while (this.#waiting.length < count) await new Promise<void>((resolve) => (this.#arrived = resolve));
  }

  open(): void {
    for (const answer of this.#waiting.splice(0)) answer();
  }
}

interface Listening {
  readonly api: ApiServer;
  readonly target: Target;
  readonly clients: readonly TestClient[];
}

async function listening(listener: ApiListener, material: TlsMaterial | undefined): Promise<Listening> {
  const api = createApiServer({ listener, tls: material, limits: apiLimits, onError: (error) => assert.unreachable(error.message) });
  const port = await api.listen(0, '127.0.0.1');
  const target = { port, ca: material === undefined ? undefined : authority.pem };
  return { api, target, clients: material === undefined ? [http1Client(target)] : [http1Client(target), http2Client(target)] };
}

const outcome = (client: TestClient): Promise<string> => client.send({ path: '/' }).then(({ text }) => text, () => 'cut off');

for (const [title, material] of [
  ['over TLS', () => tls],
  ['over plain HTTP', () => undefined],
] as const) {
  socket(`closing ${title} lets requests end and waits for no idle connection, used or not`, async () => {
    const gate = new Gate();
    const { api, target, clients } = await listening(gate.listener, material());
    using used = http1Client(target);
    const first = outcome(used);
    await gate.arrivals(1);
    gate.open();
    assert.is(await first, 'answered');
    using silent = await rawConnection(target);
    const pending = clients.map(outcome);
    await gate.arrivals(pending.length);
    const closed = api.close(60_000);
    await silent.closed;
    gate.open();
    assert.equal(await Promise.all(pending), pending.map(() => 'answered'));
    assert.is(await closed, 0, 'nothing had to be cut off');
    for (const client of clients) client[Symbol.dispose]();
  });

  socket(`closing ${title} cuts off what takes longer than the grace time, and says how much that was`, async () => {
    const gate = new Gate();
    const { api, clients } = await listening(gate.listener, material());
    const pending = clients.map(outcome);
    await gate.arrivals(pending.length);
    assert.is(await api.close(50), pending.length);
    assert.equal(await Promise.all(pending), pending.map(() => 'cut off'));
  });
}

socket('a server that is closed takes no connection', async () => {
  const { api, target } = await listening(new Gate().listener, tls);
  await api.close(0);
  for (const make of [http1Client, http2Client]) {
    using client = make(target);
    assert.is(await outcome(client), 'cut off');
  }
});

socket('a plain server has no certificate to replace', async () => {
  const { api } = await listening(new Gate().listener, undefined);
  assert.throws(() => api.replaceTls(tls), /plain server/);
  await api.close(0);
});

socket('new handshakes see a new certificate, open connections stay', async () => {
  const gate = new Gate();
  const { api, target, clients } = await listening(gate.listener, tls);
  const pending = clients.map(outcome);
  await gate.arrivals(pending.length);
  const other = await createAuthority('other');
  api.replaceTls(tlsMaterial({ ...(await other.issueServer()), clientCas: [] }));
  gate.open();
  assert.equal(await Promise.all(pending), ['answered', 'answered']);
  using stranger = http2Client(target);
  assert.is(await outcome(stranger), 'cut off', 'who trusts the old authority alone');
  using friend = http2Client({ ...target, ca: other.pem });
  const answer = outcome(friend);
  await gate.arrivals(1);
  gate.open();
  assert.is(await answer, 'answered');
  for (const client of clients) client[Symbol.dispose]();
  await api.close(1000);
});

socket.run();
