// From flags and environment to one checked configuration: pure, every problem at once, precedence flag > env > default.
import { isIPv4 } from 'node:net';

import { Fault } from 'wasmwarden';
import { z } from 'zod';

import { readOptionValue } from './option-values.js';
import { serverOptions, type ServerOption } from './options.js';

/** How the API is reached. */
export type TlsConfig =
  | { readonly kind: 'off' }
  | { readonly kind: 'files'; readonly certificatePath: string; readonly keyPath: string; readonly clientCaPaths: readonly string[] }
  | { readonly kind: 'development'; readonly authorityPath: string };

/** Everything the policy-server can be told. */
export interface ServerConfig {
  readonly address: string;
  readonly port: number;
  readonly readinessPort: number;
  readonly metricsPort: number | undefined;
  readonly tls: TlsConfig;
  readonly policiesPath: string;
  readonly downloadFolder: string;
  readonly sourcesPath: string | undefined;
  readonly verificationPath: string | undefined;
  readonly dockerConfigFolder: string | undefined;
  readonly workers: number | undefined;
  readonly queueSize: number;
  /** Milliseconds, or null for no limit. */
  readonly policyTimeoutMs: number | null;
  readonly alwaysAcceptedNamespace: string | undefined;
  readonly continueOnErrors: boolean;
  readonly maxBodyBytes: number;
  /** Bytes of request bodies held at once, over all requests. */
  readonly maxBufferedBytes: number;
  readonly log: { readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error'; readonly format: 'text' | 'json'; readonly colour: boolean };
}

/** Where an option's value came from. */
export type Origin = 'flag' | 'environment' | 'default';

/** What was read, where each value came from, and what the operator should hear. */
export interface ParsedConfig {
  readonly config: ServerConfig;
  readonly origins: readonly { readonly option: ServerOption; readonly value: unknown; readonly origin: Origin }[];
  readonly warnings: readonly string[];
}

/** Texts as given: flags by name without dashes, and the environment. */
export interface RawConfig {
  readonly flags: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const text = z.string().optional();
const valuesSchema = z.object({
  'addr': z.string(),
  'port': z.number(),
  'readiness-probe-port': z.number(),
  'workers': z.number().optional(),
  'cert-file': text,
  'key-file': text,
  'client-ca-file': z.array(z.string()).default([]),
  'dev-tls': text,
  'policies': z.string(),
  'policies-download-dir': z.string(),
  'policy-timeout': z.number(),
  'disable-timeout-protection': z.boolean().default(false),
  'always-accept-admission-reviews-on-namespace': text,
  'continue-on-errors': z.boolean().default(false),
  'max-body-size': z.number(),
  'max-buffered-size': z.number(),
  'queue-size': z.number(),
  'metrics-port': z.number().optional(),
  'log-level': z.enum(['trace', 'debug', 'info', 'warn', 'error']),
  'log-fmt': z.enum(['text', 'json', 'otlp']),
  'log-no-color': z.boolean().default(false),
  'sources-path': text,
  'verification-path': text,
  'docker-config-json-path': text,
});
type Values = z.infer<typeof valuesSchema>;

/**
 * Reads the configuration.
 *
 * @throws {Fault} `CONFIG_INVALID` with every problem in its message, one per line
 */
export function parseConfig(raw: RawConfig): ParsedConfig {
  const problems: string[] = [];
  const origins = serverOptions.map((option) => ({ option, ...resolved(option, raw, problems) }));
  if (problems.length > 0) throw invalid(problems);
  const values = valuesSchema.parse(Object.fromEntries(origins.map(({ option, value }) => [option.flag, value])));
  const tls = tlsConfig(values, problems);
  if (values['queue-size'] === 0) problems.push('--queue-size must be at least 1');
  if (values.workers === 0) problems.push('--workers must be at least 1');
  if (values['policy-timeout'] === 0) problems.push('--policy-timeout must be at least 1; use --disable-timeout-protection for no limit');
  if (values['max-buffered-size'] < values['max-body-size']) problems.push('--max-buffered-size must be at least --max-body-size, or bodies that are allowed could never be held');
  if (problems.length > 0) throw invalid(problems);
  const given = origins.filter(({ option, origin }) => option.unbuilt && origin !== 'default').map(({ option }) => `--${option.flag} has no effect yet`);
  return { config: serverConfig(values, tls), origins, warnings: [...given, ...tlsWarnings(tls), ...(values['log-fmt'] === 'otlp' ? ['--log-fmt=otlp is not built yet; logging as text'] : [])] };
}

function resolved(option: ServerOption, { flags, env }: RawConfig, problems: string[]): { readonly value: unknown; readonly origin: Origin } {
  const flag = flags[option.flag];
  const variable = option.env === undefined ? undefined : env[option.env];
  const [given, origin]: [string | undefined, Origin] = flag !== undefined ? [flag, 'flag'] : variable !== undefined ? [variable, 'environment'] : [option.fallback, 'default'];
  if (given === undefined) return { value: undefined, origin };
  // NO_COLOR's own convention: present and not empty means yes, whatever it says.
  if (option.env === 'NO_COLOR' && origin === 'environment') return { value: given !== '', origin };
  const result = readOptionValue(option.kind, given);
  if (result.kind === 'read') return { value: result.value, origin };
  const name = origin === 'environment' ? String(option.env) : `--${option.flag}`;
  problems.push(`${name}: '${given}' is not ${result.expected}`);
  return { value: undefined, origin };
}

function tlsConfig(values: Values, problems: string[]): TlsConfig {
  const { 'cert-file': certificatePath, 'key-file': keyPath, 'client-ca-file': clientCaPaths, 'dev-tls': authorityPath } = values;
  if (authorityPath !== undefined) {
    if (certificatePath !== undefined || keyPath !== undefined) problems.push('--dev-tls cannot be combined with --cert-file and --key-file');
    if (clientCaPaths.length > 0) problems.push('--dev-tls cannot be combined with --client-ca-file');
    return { kind: 'development', authorityPath };
  }
  if (certificatePath !== undefined && keyPath !== undefined) return { kind: 'files', certificatePath, keyPath, clientCaPaths };
  if (certificatePath !== undefined || keyPath !== undefined) problems.push('both certificate and key must be provided together');
  else if (clientCaPaths.length > 0) problems.push('client CA certificate requires server certificate and key to be specified');
  return { kind: 'off' };
}

function tlsWarnings(tls: TlsConfig): readonly string[] {
  return tls.kind === 'off' ? ['no certificate was given: the API is served over plain HTTP, which Kubernetes does not accept'] : [];
}

function serverConfig(values: Values, tls: TlsConfig): ServerConfig {
  return {
    address: tls.kind === 'development' ? loopback(values.addr) : values.addr,
    port: values.port,
    readinessPort: values['readiness-probe-port'],
    metricsPort: values['metrics-port'],
    tls,
    policiesPath: values.policies,
    downloadFolder: values['policies-download-dir'],
    sourcesPath: values['sources-path'],
    verificationPath: values['verification-path'],
    dockerConfigFolder: values['docker-config-json-path'],
    workers: values.workers,
    queueSize: values['queue-size'],
    policyTimeoutMs: values['disable-timeout-protection'] ? null : values['policy-timeout'] * 1000,
    alwaysAcceptedNamespace: values['always-accept-admission-reviews-on-namespace'],
    continueOnErrors: values['continue-on-errors'],
    maxBodyBytes: values['max-body-size'],
    maxBufferedBytes: values['max-buffered-size'],
    log: { level: values['log-level'], format: values['log-fmt'] === 'json' ? 'json' : 'text', colour: !values['log-no-color'] },
  };
}

/** A development certificate never faces a network. */
function loopback(address: string): string {
  return isIPv4(address) ? '127.0.0.1' : '::1';
}

function invalid(problems: readonly string[]): Fault {
  return new Fault('CONFIG_INVALID', `Cannot start the policy-server, its configuration is wrong:\n${problems.map((problem) => `  ${problem}`).join('\n')}`, { context: { problems } });
}
