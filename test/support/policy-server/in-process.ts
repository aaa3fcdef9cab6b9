// A policy-server inside the test's process: the real one but for argument parsing, files and signals.
import { parsePolicyDefinitions } from 'wasmwarden/policy';

import { parseConfig } from '../../../integrations/webhook-server/src/config.js';
import { startServer, type RunningServer } from '../../../integrations/webhook-server/src/server.js';
import { apiLimits, type ApiLimits } from '../../../integrations/webhook-server/src/sockets/api-limits.js';
import { createLog } from '../../../integrations/webhook-server/src/telemetry/log.js';
import { StuckWorkers } from '../../../integrations/webhook-server/src/telemetry/stuck-workers.js';
import { tlsMaterial } from '../../../integrations/webhook-server/src/tls/tls-material.js';

import { createAuthority, type Authority } from './authority.js';
import { http1Client, http2Client, type Target, type TestClient } from './clients.js';

/** What to start. */
export interface ServerUnderTest {
  /** The document of a policies.yml. */
  readonly policies: Readonly<Record<string, unknown>>;
  /** Flags without their dashes. */
  readonly flags?: Readonly<Record<string, string>>;
  readonly limits?: Partial<ApiLimits>;
  readonly plain?: boolean;
  /** Authorities that clients have to come from. */
  readonly clientAuthorities?: readonly Authority[];
}

/** A server that runs, with clients for both protocols. */
export interface StartedServer {
  [Symbol.asyncDispose](): Promise<void>;
  readonly server: RunningServer;
  readonly target: Target;
  readonly authority: Authority;
  readonly http1: TestClient;
  readonly http2: TestClient;
  /** One client per protocol that the server speaks. */
  readonly clients: readonly TestClient[];
  /** Log lines as they were written. */
  readonly log: readonly string[];
}

let shared: Promise<Authority> | undefined;

/** Starts a server on free ports of loopback. */
export async function startedServer({ policies, flags = {}, limits = {}, plain = false, clientAuthorities = [] }: ServerUnderTest): Promise<StartedServer> {
  const authority = await (shared ??= createAuthority('test authority'));
  const { certificate, key } = await authority.issueServer();
  const log: string[] = [];
  const { config } = parseConfig({ flags: { 'addr': '127.0.0.1', 'port': '0', 'readiness-probe-port': '0', 'metrics-port': '0', 'workers': '2', 'log-fmt': 'json', ...flags }, env: {} });
  const server = await startServer({
    config,
    definitions: parsePolicyDefinitions(policies),
    sources: { locate: (module) => Promise.resolve(module), capabilities: [] },
    tls: plain ? undefined : tlsMaterial({ certificate, key, clientCas: clientAuthorities.map(({ pem }) => pem) }),
    limits: { ...apiLimits, ...limits },
    stuckWorkers: new StuckWorkers(),
    log: createLog(config.log, (line) => log.push(line)),
    now: () => Number(process.hrtime.bigint()) / 1e6,
  });
  const target: Target = { port: server.port, ca: plain ? undefined : authority.pem };
  const http1 = http1Client(target);
  const http2 = http2Client(target);
  return {
    server,
    target,
    authority,
    http1,
    http2,
    clients: plain ? [http1] : [http1, http2],
    log,
    async [Symbol.asyncDispose]() {
      http1[Symbol.dispose]();
      http2[Symbol.dispose]();
      await server.stop(0);
    },
  };
}
