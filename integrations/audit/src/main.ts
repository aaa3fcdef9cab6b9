#!/usr/bin/env node
// The scanner's process: arguments and signals as data in; exit code and streams out.
import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { CommanderError } from 'commander';
import { isFault } from 'wasmwarden';
import { ClusterClient, loadConnection, steadyClock } from 'wasmwarden/kubernetes';
import type { Logger } from 'pino';

import { parseCommandLine } from './command-line.js';
import { type AuditConfig, parseConfig } from './config.js';
import { createLog } from './log.js';
import { removeLegacyReports } from './reports/legacy-reports.js';
import { ReportStore } from './reports/report-store.js';
import { scanCluster } from './scan/run.js';
import type { Surroundings } from './scan/surroundings.js';
import { Tally } from './scan/tally.js';
import { createRemoteEvaluator } from './servers/remote-evaluator.js';
import { TlsFiles } from './servers/tls-files.js';
import { Memory } from './watch/memory.js';
import { Watcher } from './watch/watcher.js';

async function main(): Promise<number> {
  const version = await ownVersion();
  const { config, warnings } = parseConfig(await parseCommandLine(process.argv.slice(2), version));
  const log = createLog(config.logLevel, (line) => process.stdout.write(line));
  for (const warning of warnings) log.warn(warning);
  const tls = new TlsFiles(config.tls, ({ message }) => log.warn({ error: message }, 'cannot use new certificates; going on with the former ones'));
  const client = new ClusterClient(await loadConnection(), { userAgent: `wasmwarden-audit-scanner/${version}` });
  const stop = new AbortController();
  // Every request under way listens, and Node takes more than ten listeners for a leak.
  setMaxListeners(0, stop.signal);
  const evaluator = createRemoteEvaluator({ tls: () => tls.current(), most: mostQuestions(config), clock: steadyClock });
  onStopSignal(log, () => {
    stop.abort(new Error('told to stop'));
    void evaluator.close();
  });
  const patience = { clock: steadyClock, signal: stop.signal };
  const store = config.store ? new ReportStore({ client, format: config.format, patience }) : undefined;
  const { format, naming, parallel, pageSize, outputScan } = config;
  const memory = new Memory();
  const onAudited = config.watch ? memory.add.bind(memory) : undefined;
  const surroundings: Surroundings = { client, evaluator, store, format, naming, parallel, pageSize, outputScan, patience, runUid: randomUUID(), tally: new Tally(log), log, onAudited };
  try {
    await scan(surroundings, config);
    if (config.watch) await watch(surroundings, config, memory);
    return 0;
  } catch (error) {
    // Told to stop while it stays, it has done what it was to do.
    if (config.watch && isFault(error, 'SCAN_STOPPED')) return 0;
    throw error;
  } finally {
    await evaluator.close();
    client.close();
  }
}

async function scan(surroundings: Surroundings, config: AuditConfig): Promise<void> {
  const { log, tally, runUid, client, patience, format } = surroundings;
  log.info({ runUid, extent: config.extent, reportKind: format.name }, 'scan started');
  try {
    const gaps = await scanCluster(surroundings, config);
    if (config.store && format.name === 'openreports') {
      await removeLegacyReports({ client, patience, extent: config.extent, gaps }).catch((error: unknown) => {
        if (!isFault(error)) throw error;
        log.warn({ error: error.message }, 'failed to remove legacy PolicyReports');
      });
    }
  } finally {
    log.info({ runUid, ...tally.figures }, 'scan finished');
  }
}

async function watch(surroundings: Surroundings, config: AuditConfig, memory: Memory): Promise<void> {
  surroundings.log.info('watching');
  await new Watcher(surroundings, config, memory).run();
  surroundings.log.info('stopped watching');
}

/** Enough to keep the workers of several replicas busy; each is a TLS connection with its buffers on both sides. */
const mostConnections = 32;

/** A server is asked no more at once than there are questions, and not without measure. */
function mostQuestions({ parallel: { namespaces, resources, policies } }: AuditConfig): number {
  return Math.min(mostConnections, namespaces * resources * policies);
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
  if (thrown instanceof CommanderError && thrown.exitCode === 0) return 0;
  if (thrown instanceof CommanderError || isFault(thrown)) {
    process.stderr.write(`Error on cmd.Execute(): ${thrown.message.replace(/^error: /, '')}\n`);
    return 1;
  }
  process.stderr.write(`Error: the scanner failed by a fault of its own; please report this: ${thrown instanceof Error ? String(thrown.stack) : String(thrown)}\n`);
  return 70;
}

process.exitCode = await main().catch(exitCode);
