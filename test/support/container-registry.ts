// Debian's docker-registry on loopback: plain or TLS, open or with passwords or a token service.
import { execFileSync, spawn } from 'node:child_process';
import { sign, X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { makeCertificates, type TestCertificates } from './certificates.js';
import { scratchFolder } from './scratch.js';
import { startWebServer, type WebServer } from './web-server.js';

export interface ContainerRegistry extends AsyncDisposable {
  /** `127.0.0.1:port`, or `localhost:port` with TLS. */
  readonly host: string;
  /** Everything it logged. */
  readonly log: () => string;
}

export interface RegistryOptions {
  readonly certificates?: TestCertificates;
  /** User names to passwords. */
  readonly users?: Readonly<Record<string, string>>;
  readonly tokens?: TokenService;
  /** Where it listens; 127.0.0.1 when absent. With TLS the certificates must be for it. */
  readonly address?: string;
}

/** Starts a registry with an empty store. */
export async function startRegistry({ certificates, users, tokens, address = '127.0.0.1' }: RegistryOptions = {}): Promise<ContainerRegistry> {
  const folder = scratchFolder();
  const tls = certificates === undefined ? {} : { tls: { certificate: join(certificates.folder, 'tls.crt'), key: join(certificates.folder, 'tls.key') } };
  const auth = users !== undefined ? { auth: { htpasswd: { realm: 'test', path: passwordFile(folder, users) } } } : tokens !== undefined ? { auth: { token: tokens.settings } } : {};
  const config = {
    version: 0.1,
    log: { level: 'info', accesslog: { disabled: false } },
    storage: { filesystem: { rootdirectory: join(folder, 'store') }, delete: { enabled: true } },
    http: { addr: `${address}:0`, ...tls },
    ...auth,
  };
  writeFileSync(join(folder, 'config.yml'), JSON.stringify(config));
  const child = spawn('docker-registry', ['serve', join(folder, 'config.yml')], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const lines: string[] = [];
  const port = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface(stream).on('line', (line) => {
        lines.push(line);
        const match = /listening on [0-9.]+:(\d+)/.exec(line);
        if (match?.[1] !== undefined) resolve(match[1]);
      });
    }
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`docker-registry ended: ${lines.join('\n')}`)));
  });
  return {
    host: `${certificates === undefined || address !== '127.0.0.1' ? address : 'localhost'}:${port}`,
    log: () => lines.join('\n'),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function passwordFile(folder: string, users: Readonly<Record<string, string>>): string {
  const path = join(folder, 'htpasswd');
  writeFileSync(path, Object.entries(users).map(([user, password]) => execFileSync('htpasswd', ['-Bbn', user, password], { encoding: 'utf8' }).trim()).join('\n'));
  return path;
}

/** A token service that a registry trusts. */
export interface TokenService extends AsyncDisposable {
  readonly server: WebServer;
  readonly certificates: TestCertificates;
  readonly settings: Readonly<Record<string, string>>;
}

/** Starts a token service that gives anonymous callers `pull` and its users everything. */
export async function startTokenService(users: Readonly<Record<string, string>>): Promise<TokenService> {
  const certificates = makeCertificates();
  const server = await startWebServer((request, response) => {
    const shown = Buffer.from((request.headers.authorization ?? '').replace(/^Basic /, ''), 'base64').toString('utf8');
    const isKnown = Object.entries(users).some(([user, password]) => shown === `${user}:${password}`);
    if (request.headers.authorization !== undefined && !isKnown) return response.writeHead(401).end();
    const { searchParams } = new URL(request.url ?? '/', 'https://localhost');
    const [type = '', name = '', actions = ''] = (searchParams.get('scope') ?? '').split(':');
    const granted = actions.split(',').filter((action) => isKnown || (action === 'pull' && name.startsWith('public/')));
    response.setHeader('content-type', 'application/json');
    return response.end(JSON.stringify({ token: signedToken(certificates, { type, name, actions: granted }) }));
  }, certificates);
  const settings = { realm: `${server.origin}/token`, service: 'test registry', issuer: 'test issuer', rootcertbundle: join(certificates.folder, 'ca.crt') };
  return { server, certificates, settings, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

function signedToken({ certificate, key }: TestCertificates, access: unknown): string {
  const now = Math.floor(Date.now() / 1000);
  const part = (document: unknown): string => Buffer.from(JSON.stringify(document)).toString('base64url');
  const header = { typ: 'JWT', alg: 'ES256', x5c: [new X509Certificate(certificate).raw.toString('base64')] };
  const claims = { iss: 'test issuer', sub: 'test', aud: 'test registry', exp: now + 300, nbf: now - 10, iat: now, jti: String(now), access: [access] };
  const signed = `${part(header)}.${part(claims)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}
