#!/usr/bin/env node
// The controller's process: arguments, environment and signals as data in; exit code and streams out.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';

import { CommanderError } from 'commander';
import { Fault, isFault } from 'wasmwarden';
import { ClusterClient, loadConnection, steadyClock } from 'wasmwarden/kubernetes';
import type { Logger } from 'pino';

import { parseCommandLine } from './command-line.js';
import { parseConfig, type ControllerConfig, type ListenAddress } from './config.js';
import { Controller } from './control/controller.js';
import { serveProbes, type ProbeAnswer } from './probe-server.js';
import { createLog } from './telemetry/log.js';
import { resourceOf } from './world/resources.js';

/** Key of the ConfigMap that `--client-ca-configmap-name` names. */
const clientAuthoritiesKey = 'client-ca.crt';

async function main(): Promise<number> {
  const version = await ownVersion();
  const flags = await parseCommandLine(process.argv.slice(2), version);
  const { config, warnings } = parseConfig({ flags, env: process.env });
  const log = createLog(config.logLevel, (line) => process.stdout.write(line));
  log.info({ version }, 'controller starting');
  for (const warning of warnings) log.warn(warning);
  const connection = await loadConnection(config.kubeconfig === undefined ? { kind: 'default' } : { kind: 'file', path: config.kubeconfig });
  const namespace = config.namespace ?? connection.namespace;
  if (namespace === undefined) throw new Fault('CONFIG_INVALID', 'Cannot start the controller: give --deployments-namespace, for outside a Pod nothing else says which it is');
  const client = new ClusterClient(connection, { userAgent: `wasmwarden-controller/${version}` });
  try {
    return await control({ config, client, namespace, log });
  } finally {
    client.close();
  }
}

interface Started {
  readonly config: ControllerConfig;
  readonly client: ClusterClient;
  readonly namespace: string;
  readonly log: Logger;
}

async function control({ config, client, namespace, log }: Started): Promise<number> {
  const clientAuthorities = config.servers.clientCaConfigMap === undefined ? undefined : await readClientAuthorities(client, namespace, config.servers.clientCaConfigMap);
  const controller = new Controller({ config, client, namespace, identity: `${hostname()}_${randomUUID()}`, clientAuthorities, log, clock: steadyClock });
  await controller.webhooks.listen(config.webhookPort);
  const health: Readonly<Record<string, ProbeAnswer>> = {
    '/healthz': () => Promise.resolve({ status: 200, body: 'ok' }),
    '/readyz': () => Promise.resolve(controller.ready ? { status: 200, body: 'ok' } : { status: 503, body: 'the cluster has not been seen yet, or there is no certificate yet' }),
  };
  const metrics: Readonly<Record<string, ProbeAnswer>> = { '/metrics': async () => ({ status: 200, ...(await controller.metrics.text()) }) };
  const probes = await Promise.all([...served(health, config.healthAddress), ...served(metrics, config.metricsAddress)]);
  const stop = new AbortController();
  onStopSignal(log, () => stop.abort(new Error('told to stop')));
  const end = await controller.run(stop.signal);
  for (const server of probes) server.close();
  for (const server of probes) server.closeAllConnections();
  await controller.webhooks.close();
  log.info({ end }, 'controller stopped');
  return end === 'lost' ? 1 : 0;
}

function served(answers: Readonly<Record<string, ProbeAnswer>>, address: ListenAddress | undefined): ReturnType<typeof serveProbes>[] {
  return address === undefined ? [] : [serveProbes(answers, address)];
}

async function readClientAuthorities(client: ClusterClient, namespace: string, name: string): Promise<string> {
  const { data } = await client.get({ resource: resourceOf('ConfigMap'), namespace, name });
  const text = typeof data === 'object' && data !== null && !Array.isArray(data) ? (data as Readonly<Record<string, unknown>>)[clientAuthoritiesKey] : undefined;
  if (typeof text !== 'string') throw new Fault('CONFIG_INVALID', `Cannot start the controller: the ConfigMap ${namespace}/${name} has no key ${clientAuthoritiesKey}`);
  return text;
}

/** Tells once; a second signal ends the process at once. */
function onStopSignal(log: Logger, stop: () => void): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log.info({ signal }, 'told to stop');
      process.once(signal, () => process.exit(1));
      stop();
    });
  }
}

async function ownVersion(): Promise<string> {
  // The manifest is above dist/ and the sources' build alike only by name; walk up to the first one.
  for (let folder = new URL('.', import.meta.url); folder.pathname !== '/'; folder = new URL('..', folder)) {
    const text = await readFile(fileURLToPath(new URL('package.json', folder)), 'utf8').catch(() => undefined);
    if (text !== undefined) return String((JSON.parse(text) as { version: unknown }).version);
  }
  return 'unknown';
}

/** Everything that ends the process early, as an exit code: 1 for what the operator can mend and for usage as the reference, 70 for our bugs. */
function exitCode(thrown: unknown): number {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 1;
  if (isFault(thrown)) {
    process.stderr.write(`Error: ${thrown.message}\n`);
    return 1;
  }
  process.stderr.write(`Error: the controller failed by a fault of its own; please report this: ${thrown instanceof Error ? String(thrown.stack) : String(thrown)}\n`);
  return 70;
}

process.exitCode = await main().catch(exitCode);
