import { X509Certificate } from 'node:crypto';
import { connect, type TLSSocket } from 'node:tls';

import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { tlsMaterial } from '../../../../integrations/webhook-server/src/tls/tls-material.js';
import { createAuthority } from '../../../support/policy-server/authority.js';
import { CertificateFolder, type FolderFiles } from '../../../support/policy-server/certificate-folder.js';
import { http1Client, http2Client, type Target } from '../../../support/policy-server/clients.js';
import { startedServer } from '../../../support/policy-server/in-process.js';
import { moduleUrl } from '../../../support/policy-server/modules.js';
import { freePorts, policiesFile, runServer } from '../../../support/policy-server/process.js';
import { review } from '../../../support/policy-server/reviews.js';

// Real clients of both protocols against the real TLS of the server.
const tls = suite('webhook-server/tls/clients');

const policies = { accept: { module: moduleUrl('adversarial/accept') } };
const request = { path: '/validate/accept', body: review() };

/** What one new connection of each protocol comes to: a status, or the reason why there was none. */
async function tried(target: Target): Promise<readonly (number | string)[]> {
  const results: (number | string)[] = [];
  for (const make of [http1Client, http2Client]) {
    using client = make(target);
    results.push(await client.send(request).then(({ status }) => status, (thrown: unknown) => (thrown instanceof Error ? `failed: ${thrown.message}` : 'failed')));
  }
  return results;
}

const assertServed = async (target: Target): Promise<void> => assert.equal(await tried(target), [200, 200]);
const assertRefused = async (target: Target): Promise<void> => {
  for (const result of await tried(target)) assert.match(String(result), /^failed/);
};

tls('clients of both protocols are served, and one that trusts somebody else goes away', async () => {
  await using started = await startedServer({ policies });
  await assertServed(started.target);
  await assertRefused({ port: started.server.port, ca: (await createAuthority('somebody else')).pem });
});

tls('a chain reaches clients that know only the root', async () => {
  await using started = await startedServer({ policies });
  const root = await createAuthority('far root');
  const { certificate, key } = await (await root.createIntermediate('middle')).issueServer();
  started.server.replaceTls(tlsMaterial({ certificate, key, clientCas: [] }));
  await assertServed({ port: started.server.port, ca: root.pem });
});

tls('protocols older than TLS 1.2 are refused, TLS 1.2 and 1.3 are spoken', async () => {
  await using started = await startedServer({ policies });
  const { port, ca } = started.target;
  const versionOf = (version: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'): Promise<string | null> =>
    new Promise((resolve) => {
      const socket: TLSSocket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca, minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' }, () => {
        resolve(socket.getProtocol());
        socket.destroy();
      }).on('error', () => resolve(null));
    });
  assert.equal([await versionOf('TLSv1.1'), await versionOf('TLSv1.2'), await versionOf('TLSv1.3')], [null, 'TLSv1.2', 'TLSv1.3']);
});

tls('with client authorities, only their clients are served', async () => {
  const first = await createAuthority('first clients');
  const second = await createAuthority('second clients');
  await using started = await startedServer({ policies, clientAuthorities: [first, second] });
  const target = (client?: { certificate: string; key: string }): Target => ({ ...started.target, ...(client === undefined ? {} : { cert: client.certificate, key: client.key }) });
  await assertServed(target(await first.issueClient('api server')));
  await assertServed(target(await second.issueClient('aggregator')));
  await assertServed(target(await (await second.createIntermediate('below')).issueClient('indirect')));
  await assertRefused(target());
  await assertRefused(target(await (await createAuthority('stranger')).issueClient('api server')));
});

tls('once a client authority is replaced its clients are refused, with a resumed session too', async () => {
  const before = await createAuthority('before');
  const after = await createAuthority('after');
  await using started = await startedServer({ policies, clientAuthorities: [before] });
  const { certificate: cert, key } = await before.issueClient('old');
  const old = { ...started.target, cert, key };
  await assertServed(old);
  const session = await sessionOf(old);
  assert.is(await resumes(old, session), true, 'the session can be resumed before');
  const pair = await started.authority.issueServer();
  started.server.replaceTls(tlsMaterial({ ...pair, clientCas: [after.pem] }));
  await assertRefused(old);
  assert.is(await resumes(old, session), false);
  const fresh = await after.issueClient('new');
  await assertServed({ ...started.target, cert: fresh.certificate, key: fresh.key });
});

const optionsOf = ({ port, ca, cert, key }: Target): object => ({ port, host: '127.0.0.1', servername: 'localhost', ca, cert, key, ALPNProtocols: ['http/1.1'] });

function sessionOf(target: Target): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect(optionsOf(target)).on('error', reject);
    socket.on('session', (session: Buffer) => {
      resolve(session);
      socket.destroy();
    });
  });
}

/** Whether a session is taken up again and serves a request. */
function resumes(target: Target, session: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ ...optionsOf(target), session }, () => {
      socket.write(`POST /validate/accept HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${request.body.length}\r\n\r\n${request.body}`);
    });
    socket.on('data', () => {
      resolve(socket.isSessionReused());
      socket.destroy();
    });
    socket.on('error', () => resolve(false)).on('close', () => resolve(false));
  });
}

tls('certificates change under load without a failed request: written in place and swapped by a link, with pauses in between', async () => {
  const authority = await createAuthority('root');
  const newPair = async (): Promise<FolderFiles & { readonly 'tls.crt': string }> => {
    const { certificate, key } = await authority.issueServer();
    return { 'tls.crt': certificate, 'tls.key': key };
  };
  const folder = new CertificateFolder(await newPair());
  await using server = runServer({ args: [...freePorts, '--cert-file', folder.file('tls.crt'), '--key-file', folder.file('tls.key'), '--policies', policiesFile(policies)] });
  const { port } = await server.ready();
  const target = { port, ca: authority.pem };
  let isDone = false;
  const statuses = new Map<number | string, number>();
  const count = (status: number | string): unknown => statuses.set(status, (statuses.get(status) ?? 0) + 1);
  /** New connections all the time, of both protocols. */
  const newcomer = async (): Promise<void> => {
    while (!isDone) (await tried(target)).forEach(count);
  };
  /** One connection all the time. */
  const regular = async (make: typeof http1Client): Promise<void> => {
    using client = make(target);
    while (!isDone) count(await client.send(request).then(({ status }) => status, (thrown: unknown) => `failed: ${String(thrown)}`));
  };
  const load = [newcomer(), regular(http1Client), regular(http2Client)];
  for (const change of ['swap', 'in place', 'swap', 'in place'] as const) {
    const files = await newPair();
    if (change === 'swap') folder.swap(files);
    else {
      folder.write('tls.crt', files['tls.crt']);
      await handshakes(target, 20);
      folder.write('tls.key', String(files['tls.key']).slice(0, 80));
      await handshakes(target, 20);
      folder.write('tls.key', String(files['tls.key']));
    }
    const wanted = new X509Certificate(files['tls.crt']).fingerprint256;
    while ((await fingerprintOf(target)) !== wanted);
  }
  isDone = true;
  await Promise.all(load);
  assert.equal([...statuses.keys()], [200]);
  assert.ok((statuses.get(200) ?? 0) > 50);
  assert.is(server.stdout().match(/Reloading Server TLS certificates/g)?.length, 4);
});

async function handshakes(target: Target, count: number): Promise<void> {
  for (let done = 0; done < count; done += 1) await fingerprintOf(target);
}

function fingerprintOf(target: Target): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(optionsOf(target), () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    }).on('error', reject);
  });
}

tls.run();
