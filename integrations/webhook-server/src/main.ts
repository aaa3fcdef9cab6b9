#!/usr/bin/env node
// The policy-server's process: arguments, environment, files and signals as data in; exit code and streams out.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { CommanderError } from 'commander';
import { Fault, isFault, messageOf } from 'wasmwarden';
import type { Logger } from 'pino';

import { optionReference, parseCommandLine } from './command-line.js';
import { parseConfig, type ParsedConfig, type ServerConfig } from './config.js';
import { openModuleSources } from './policies/module-sources.js';
import { parsePoliciesFile } from './policies/policies-file.js';
import { formatTerminationMessage } from './policies/termination-message.js';
import { PoliciesWrong, startServer, type RunningServer } from './server.js';
import { apiLimits } from './sockets/api-limits.js';
import { createLog, logReload, logSourceEvent, logTimeoutProtection } from './telemetry/log.js';
import { StuckWorkers } from './telemetry/stuck-workers.js';
import { onLines } from './telemetry/terminal-text.js';
import { readCertificateFiles, watchCertificateFiles } from './tls/certificate-files.js';
import { createDevelopmentCertificate } from './tls/development-certificate.js';
import type { TlsMaterial } from './tls/tls-material.js';

/** Where a kubelet picks up why a container ended; absent outside a Pod. */
const terminationLog = '/dev/termination-log';

async function main(stuckWorkers: StuckWorkers): Promise<number> {
  const version = await ownVersion();
  const invocation = await parseCommandLine(process.argv.slice(2), version);
  if (invocation.kind === 'docs') {
    await writeText(invocation.outputPath, 'reference of the options', optionReference());
    return 0;
  }
  const parsed = parseConfig({ flags: invocation.flags, env: process.env });
  if (invocation.printConfig) {
    process.stdout.write(formatConfig(parsed));
    return 0;
  }
  await serve(parsed, version, stuckWorkers);
  return 0;
}

async function serve({ config, warnings }: ParsedConfig, version: string, stuckWorkers: StuckWorkers): Promise<void> {
  // From the start: the first process of a container does not even hear signals that it has no ear for.
  const signals = stopSignals();
  const log = createLog(config.log, (line) => process.stdout.write(line));
  log.info({ version }, 'policy-server starting');
  for (const warning of warnings) log.warn(warning);
  logTimeoutProtection(log, config);
  assertBuilt(config);
  const definitions = parsePoliciesFile(await readText(config.policiesPath, 'policies file'), config.policiesPath);
  const tls = await tlsOf(config, log);
  const sources = await openModuleSources(config, process.env, (event) => logSourceEvent(log, event));
  try {
    const server = await startServer({ config, definitions, sources, tls, limits: apiLimits, stuckWorkers, log, now: () => Number(process.hrtime.bigint()) / 1e6 });
    const told = signals.serving();
    const watch = watchTls(config, tls, server, log);
    log.info({ port: server.port, readiness_port: server.readinessPort, metrics_port: server.metricsPort, policies: definitions.size, tls: config.tls.kind }, 'policy-server ready');
    const signal = await told;
    log.info({ signal }, 'told to stop');
    // At a terminal there is nobody who routes requests here.
    await server.stop(signal === 'SIGTERM' ? lingerMs : 0);
    watch?.stop();
  } finally {
    await sources.close();
  }
  log.info('policy-server stopped');
}

/** Signatures cannot be checked yet: a configuration that demands them must not be served without. */
function assertBuilt({ verificationPath }: ServerConfig): void {
  if (verificationPath === undefined) return;
  throw new Fault('VERIFICATION_UNSUPPORTED', `Cannot start the policy-server: '${verificationPath}' demands signatures, and checking them is not built yet. Nothing is served unverified.`);
}

async function tlsOf({ tls }: ServerConfig, log: Logger): Promise<TlsMaterial | undefined> {
  switch (tls.kind) {
    case 'off':
      return undefined;
    case 'files':
      return readCertificateFiles(tls);
    case 'development': {
      const { material, authority } = await createDevelopmentCertificate();
      await writeText(tls.authorityPath, 'authority of the development certificate', authority);
      log.warn({ authority: tls.authorityPath }, 'serving with a development certificate');
      return material;
    }
  }
}

function watchTls({ tls }: ServerConfig, current: TlsMaterial | undefined, server: RunningServer, log: Logger): { stop(): void } | undefined {
  if (tls.kind !== 'files' || current === undefined) return undefined;
  let served = current;
  return watchCertificateFiles(tls, current, {
    changed: (material) => {
      server.replaceTls(material);
      logReload(log, served, material);
      served = material;
    },
    refused: (fault) => log.error({ problem: fault.message }, 'Failed to reload TLS certificates; the old ones stay'),
  });
}

/** How long requests are still taken in after SIGTERM, in milliseconds: Endpoints take a moment to follow readiness. */
const lingerMs = 3000;

/** The signals to stop. While nothing is served yet, and from the second one on, they end the process at once. */
function stopSignals(): { serving(): Promise<NodeJS.Signals> } {
  let react: (signal: NodeJS.Signals) => void = endAtOnce;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => react(signal));
  return {
    serving: () =>
      new Promise((resolve) => {
        react = (signal) => {
          react = endAtOnce;
          resolve(signal);
        };
      }),
  };
}

/**
 * Ends the process whatever its threads do: Node waits for each of them, in `process.exit` too, and one that is inside an
 * endless instruction never ends.
 */
function endAtOnce(): never {
  process.kill(process.pid, 'SIGKILL');
  // Still there: the first process of a container is out of reach for signals from within, but not for a fault.
  process.abort();
}

async function readText(path: string, what: string): Promise<string> {
  try {
    // Strictly: what is no UTF-8 would be replaced without a word, and a policy be told something else than is written.
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (thrown) {
    throw new Fault('FILE_UNREADABLE', `Cannot read the ${what} '${path}': ${messageOf(thrown)}`, { cause: thrown });
  }
}

async function writeText(path: string, what: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (thrown) {
    throw new Fault('FILE_UNWRITABLE', `Cannot write the ${what} to '${path}': ${messageOf(thrown)}`, { cause: thrown });
  }
}

async function ownVersion(): Promise<string> {
  // The manifest is two levels up from dist/ and from the sources' build alike only by name; walk up to the first one.
  for (let folder = new URL('.', import.meta.url); folder.pathname !== '/'; folder = new URL('..', folder)) {
    const text = await readFile(fileURLToPath(new URL('package.json', folder)), 'utf8').catch(() => undefined);
    if (text !== undefined) return String((JSON.parse(text) as { version: unknown }).version);
  }
  return 'unknown';
}

function formatConfig({ origins }: ParsedConfig): string {
  return origins.map(({ option, value, origin }) => `${option.flag}: ${value === undefined ? '(not set)' : JSON.stringify(value)} # ${origin}\n`).join('');
}

/** Everything that ends the process early, as an exit code: 2 for usage, 1 for what the operator can mend, 70 for our bugs. */
async function exitCode(thrown: unknown): Promise<number> {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
  if (!isFault(thrown)) {
    process.stderr.write(`Error: the policy-server failed by a fault of its own; please report this: ${thrown instanceof Error ? String(thrown.stack) : String(thrown)}\n`);
    return 70;
  }
  process.stderr.write(`Error: ${onLines(thrown.message)}\n`);
  const problems = thrown instanceof PoliciesWrong ? thrown.problems : [{ policyId: '', message: thrown.message }];
  // Only a Pod has this file; anywhere else there is nobody to read it.
  await writeFile(terminationLog, formatTerminationMessage(problems), { flag: 'r+' }).catch(() => undefined);
  return thrown.code === 'CONFIG_INVALID' ? 2 : 1;
}

// Who reads the log may go away; that is no reason to stop serving.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
const stuckWorkers = new StuckWorkers();
process.exitCode = await main(stuckWorkers).catch(exitCode);
if (stuckWorkers.count > 0) endAtOnce();
