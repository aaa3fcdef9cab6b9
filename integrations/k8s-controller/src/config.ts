// From flags and environment to one checked configuration: pure, every problem at once, precedence flag > default.
import { Fault } from 'wasmwarden';
import { z } from 'zod';

import type { ServerDefaults, Telemetry } from './desired/server-defaults.js';
import { replicatedVariables } from './desired/telemetry.js';
import { readOptionValue } from './option-values.js';
import { controllerOptions, type ControllerOption } from './options.js';
import type { LogLevel } from './telemetry/log.js';

/** Where a plain HTTP server listens. */
export interface ListenAddress {
  readonly host?: string | undefined;
  readonly port: number;
}

/** The PolicyServer that is created once. */
export interface DefaultPolicyServer {
  readonly image: string;
  readonly serviceAccountName: string;
}

/** Everything the controller can be told. */
export interface ControllerConfig {
  /** What all policy-servers have in common, but for their namespace. */
  readonly servers: Omit<ServerDefaults, 'namespace'>;
  /** Undefined for the namespace of the connection. */
  readonly namespace: string | undefined;
  readonly kubeconfig: string | undefined;
  readonly leaderElect: boolean;
  readonly webhookPort: number;
  readonly webhookService: string;
  readonly healthAddress: ListenAddress | undefined;
  readonly metricsAddress: ListenAddress | undefined;
  readonly defaultPolicyServer: DefaultPolicyServer | undefined;
  readonly logLevel: LogLevel;
}

/** What was read, and what the operator should hear. */
export interface ParsedConfig {
  readonly config: ControllerConfig;
  readonly warnings: readonly string[];
}

/** Texts as given: flags by name without dashes, and the environment. */
export interface RawConfig {
  readonly flags: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The variable that says which port Services of policy-servers have for metrics, unless a PolicyServer does. */
export const metricsPortVariable = 'KUBEWARDEN_POLICY_SERVER_SERVICES_METRICS_PORT';

/** That port without the variable. */
export const defaultMetricsPort = '8080';

const text = z.string().optional();
const address = z.union([z.literal('off').transform(() => undefined), z.object({ host: z.string().optional(), port: z.number() })]);
const valuesSchema = z.object({
  'deployments-namespace': text,
  'kubeconfig': text,
  'leader-elect': z.boolean(),
  'webhook-server-port': z.number(),
  'webhook-service-name': z.string(),
  'client-ca-configmap-name': text,
  'health-probe-bind-address': address,
  'metrics-bind-address': address,
  'create-default-policy-server': z.boolean(),
  'default-policy-server-image': z.string(),
  'default-policy-server-service-account': z.string(),
  'always-accept-admission-reviews-on-deployments-namespace': z.boolean(),
  'image-pull-secrets': z.array(z.string()).default([]),
  'host-network': z.boolean(),
  'enable-metrics': z.boolean(),
  'enable-tracing': z.boolean(),
  'enable-otel-sidecar': z.boolean(),
  'opentelemetry-certificate-secret': text,
  'opentelemetry-client-certificate-secret': text,
  'zap-log-level': z.enum(['debug', 'info', 'warn', 'error']),
});
type Values = z.infer<typeof valuesSchema>;

/**
 * Reads the configuration.
 *
 * @throws {Fault} `CONFIG_INVALID` with every problem in its message, one per line
 */
export function parseConfig({ flags, env }: RawConfig): ParsedConfig {
  const problems: string[] = [];
  const values = controllerOptions.map((option) => [option.flag, valueOf(option, flags, problems)] as const);
  const metricsPort = readOptionValue('port', env[metricsPortVariable] ?? defaultMetricsPort);
  if (metricsPort.kind === 'wrong') problems.push(`${metricsPortVariable}: '${String(env[metricsPortVariable])}' is not ${metricsPort.expected}`);
  if (problems.length > 0) throw invalid(problems);
  const parsed = valuesSchema.parse(Object.fromEntries(values));
  if (parsed['host-network'] && parsed['enable-otel-sidecar']) throw invalid(['--host-network cannot be combined with --enable-otel-sidecar: collectors of several Pods would share ports']);
  return { config: controllerConfig(parsed, env, metricsPort.kind === 'read' ? Number(metricsPort.value) : 0), warnings: warnings(flags, parsed) };
}

function valueOf({ flag, kind, fallback }: ControllerOption, flags: RawConfig['flags'], problems: string[]): unknown {
  const given = flags[flag] ?? fallback;
  if (given === undefined) return undefined;
  const result = readOptionValue(kind, given);
  if (result.kind === 'read') return result.value;
  problems.push(`--${flag}: '${given}' is not ${result.expected}`);
  return undefined;
}

function warnings(flags: RawConfig['flags'], values: Values): readonly string[] {
  const idle = controllerOptions.filter(({ flag, unbuilt }) => unbuilt && flags[flag] !== undefined).map(({ flag }) => `--${flag} has no effect`);
  return [...idle, ...(values['host-network'] ? ['policy-servers run in the network of their Nodes: their ports must be free there, and anybody who reaches the Node reaches them'] : [])];
}

function controllerConfig(values: Values, env: RawConfig['env'], metricsPort: number): ControllerConfig {
  return {
    servers: {
      metricsPort,
      telemetry: telemetry(values, env),
      alwaysAcceptOwnNamespace: values['always-accept-admission-reviews-on-deployments-namespace'],
      clientCaConfigMap: values['client-ca-configmap-name'],
      imagePullSecrets: values['image-pull-secrets'],
      hostNetwork: values['host-network'],
    },
    namespace: values['deployments-namespace'],
    kubeconfig: values.kubeconfig,
    leaderElect: values['leader-elect'],
    webhookPort: values['webhook-server-port'],
    webhookService: values['webhook-service-name'],
    healthAddress: values['health-probe-bind-address'],
    metricsAddress: values['metrics-bind-address'],
    defaultPolicyServer: values['create-default-policy-server'] ? { image: values['default-policy-server-image'], serviceAccountName: values['default-policy-server-service-account'] } : undefined,
    logLevel: values['zap-log-level'],
  };
}

function telemetry(values: Values, env: RawConfig['env']): Telemetry {
  const switches = { metrics: values['enable-metrics'], tracing: values['enable-tracing'] };
  if (values['enable-otel-sidecar']) return { ...switches, collector: { kind: 'sidecar' } };
  const variables = replicatedVariables.flatMap((name) => {
    const value = env[name] ?? '';
    return value === '' ? [] : [[name, value] as const];
  });
  return {
    ...switches,
    collector: { kind: 'remote', variables: Object.fromEntries(variables), certificateSecret: values['opentelemetry-certificate-secret'], clientCertificateSecret: values['opentelemetry-client-certificate-secret'] },
  };
}

function invalid(problems: readonly string[]): Fault {
  return new Fault('CONFIG_INVALID', `Cannot start the controller, its configuration is wrong:\n${problems.map((problem) => `  ${problem}`).join('\n')}`, { context: { problems } });
}
