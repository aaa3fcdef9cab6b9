import { request } from 'node:https';
import { TLSSocket } from 'node:tls';
import { buffer } from 'node:stream/consumers';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { mintAuthority, mintLeaf } from '../../../../integrations/k8s-controller/src/certificates/authority.js';
import type { KeyPair } from '../../../../integrations/k8s-controller/src/certificates/key-pair.js';
import type { Registry } from '../../../../integrations/k8s-controller/src/validation/judge.js';
import { WebhookServer } from '../../../../integrations/k8s-controller/src/validation/server.js';

const serving = suite('k8s-controller/validation/server');

const name = 'kubewarden-controller-webhook-service.kubewarden.svc';
const now = Date.now();
const [authority, clients] = await Promise.all([mintAuthority(now), mintAuthority(now)]);
const mint = (signer: KeyPair): Promise<KeyPair> => mintLeaf(signer, { commonName: name, dnsNames: [name] }, now);
const [first, second, client] = await Promise.all([mint(authority), mint(authority), mint(clients)]);

const registry: Registry = {
  secretType: () => Promise.resolve({ kind: 'failed', problem: 'Secret "s" not found' }),
  configMapKeys: () => Promise.reject(new Error('a bug')),
  otherWithId: () => undefined,
  webhookErrors: () => Promise.resolve([]),
};

interface Started extends AsyncDisposable {
  readonly server: WebhookServer;
  readonly port: number;
  readonly answered: string[];
  readonly errors: unknown[];
}

/** Starts a server, with a certificate unless it is to have none. */
async function start({ keys = first, clientAuthorities }: { readonly keys?: KeyPair | 'none'; readonly clientAuthorities?: string } = {}): Promise<Started> {
  const answered: string[] = [];
  const errors: unknown[] = [];
  const server = new WebhookServer({ registry, clientAuthorities, onAnswer: (purpose, code) => void answered.push(`${purpose} ${code}`), onError: (error) => void errors.push(error) });
  if (keys !== 'none') server.serve(keys);
  return { server, port: await server.listen(0), answered, errors, [Symbol.asyncDispose]: () => server.close() };
}

interface Answer {
  readonly status: number;
  readonly type: string | undefined;
  readonly text: string;
  /** The certificate that was shown. */
  readonly shown: string;
}

function ask(port: number, path: string, body: string | Buffer, { method = 'POST', keys }: { readonly method?: string; readonly keys?: KeyPair } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const identity = keys === undefined ? {} : { cert: keys.certificate, key: keys.key };
    const asked = request({ port, path, method, agent: false, host: '127.0.0.1', servername: name, ca: authority.certificate, headers: { 'content-type': 'application/json' }, ...identity }, (response) => {
      const { socket } = response;
      if (!(socket instanceof TLSSocket)) throw new Error('the connection is not secured');
      const { raw } = socket.getPeerCertificate();
      buffer(response).then((text) => resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'], text: text.toString(), shown: raw.toString('base64') }), reject);
    });
    asked.once('error', reject);
    asked.end(body);
  });
}

const validate = '/validate-policies-kubewarden-io-v1-policyserver';
const review = (spec: object, apiVersion = 'admission.k8s.io/v1'): string => JSON.stringify({ apiVersion, kind: 'AdmissionReview', request: { uid: 'u', kind: { kind: 'PolicyServer' }, name: 'a', operation: 'CREATE', object: { metadata: { name: 'a' }, spec } } });
const good = review({ image: 'i', replicas: 1 });
const responseOf = ({ text }: Answer): { readonly uid: string; readonly allowed: boolean; readonly patch?: string; readonly status?: { readonly code: number; readonly reason: string; readonly message: string } } => (JSON.parse(text) as { readonly response: ReturnType<typeof responseOf> }).response;

serving('a review gets a review back, as JSON, in the version that was asked in', async () => {
  await using started = await start();
  const answer = await ask(started.port, `${validate}?timeout=10s`, good);
  assert.equal([answer.status, answer.type, responseOf(answer)], [200, 'application/json', { uid: 'u', allowed: true }]);
  const older = await ask(started.port, validate, review({ image: 'i', replicas: 1 }, 'admission.k8s.io/v1beta1'));
  assert.match(older.text, '"apiVersion":"admission.k8s.io/v1beta1"');
  assert.equal(started.answered, ['validate 200', 'validate 200']);
});

serving('what the path says is done: validating refuses, mutating fills in', async () => {
  await using started = await start();
  const refused = responseOf(await ask(started.port, validate, review({ image: 'i', replicas: 1, imagePullSecret: 's' })));
  assert.equal([refused.allowed, refused.status?.code, refused.status?.reason], [false, 422, 'Invalid']);
  assert.is(refused.status?.message, 'PolicyServer.policies.kubewarden.io "a" is invalid: spec.imagePullSecret: Invalid value: "s": cannot get spec.imagePullSecret: Secret "s" not found');
  const filled = responseOf(await ask(started.port, '/mutate-policies-kubewarden-io-v1-policyserver', good));
  assert.equal(JSON.parse(Buffer.from(filled.patch ?? '', 'base64').toString()), [{ op: 'add', path: '/metadata/finalizers', value: ['kubewarden.io/finalizer'] }]);
  assert.equal(started.answered, ['validate 422', 'mutate 200']);
});

const limit = 7 * 1024 * 1024;
for (const [title, body, code] of [
  ['is no JSON', '{', 400],
  ['is no review', '{}', 400],
  ['is empty', '', 400],
  ['has a byte more than 7 MiB', Buffer.alloc(limit + 1, ' '), 413],
] as const) {
  serving(`a body that ${title} is answered by a review with ${code}`, async () => {
    await using started = await start();
    const answer = await ask(started.port, validate, body);
    const { allowed, status } = responseOf(answer);
    assert.equal([answer.status, allowed, status?.code], [200, false, code]);
  });
}

serving('a body of 7 MiB is read', async () => {
  await using started = await start();
  assert.is(responseOf(await ask(started.port, validate, good.padEnd(limit))).allowed, true);
});

for (const [title, path, method, status] of [
  ['another path', '/validate', 'POST', 404],
  ['another method', validate, 'GET', 405],
] as const) {
  serving(`${title} is ${status}`, async () => {
    await using started = await start();
    assert.is((await ask(started.port, path, '', { method })).status, status);
  });
}

serving('a fault of our own refuses: the API server gets an error, and it is told of', async () => {
  await using started = await start();
  assert.is((await ask(started.port, validate, review({ image: 'i', replicas: 1, sigstoreTrustConfig: 'c' }))).status, 500);
  assert.equal(started.errors.map(String), ['Error: a bug']);
});

serving('a new certificate is shown to whoever connects from then on; one that cannot be served changes nothing', async () => {
  await using started = await start();
  const before = (await ask(started.port, validate, good)).shown;
  started.server.serve(second);
  const after = (await ask(started.port, validate, good)).shown;
  assert.is.not(after, before);
  assert.throws(() => started.server.serve({ certificate: second.certificate, key: 'no key' }));
  assert.equal([(await ask(started.port, validate, good)).shown, started.server.certificate], [after, second.certificate]);
});

serving('while there is no certificate nobody is answered', async () => {
  await using started = await start({ keys: 'none' });
  assert.is(started.server.certificate, undefined);
  assert.is(await ask(started.port, validate, good).then(() => 'answered', () => 'no handshake'), 'no handshake');
});

serving('with client authorities, who shows no certificate or another one is refused in the handshake, and that stays so with a new certificate', async () => {
  await using started = await start({ clientAuthorities: clients.certificate });
  for (const next of [first, second]) {
    started.server.serve(next);
    assert.is(responseOf(await ask(started.port, validate, good, { keys: client })).allowed, true);
    for (const keys of [undefined, second]) {
      const problem = await ask(started.port, validate, good, keys === undefined ? {} : { keys }).then(() => 'answered', (error: unknown) => String(error));
      assert.match(problem, /alert|ECONNRESET|socket hang up/);
    }
  }
  const anonymous = await ask(started.port, validate, good).then(() => 'answered', (error: unknown) => String(error));
  assert.match(anonymous, /alert certificate required/);
  assert.is(started.answered.length, 2);
});

serving.run();
