// Every option of the policy-server as data: flag, environment variable, default and meaning (contract 5.1). config.ts reads
// values by it, cli.ts builds the command line from it, and `policy-server docs` prints it.

/** How an option's text is read. */
export type OptionKind = 'text' | 'address' | 'port' | 'count' | 'seconds' | 'size' | 'switch' | 'paths' | 'level' | 'format';

/** One option. */
export interface ServerOption {
  /** Flag without its dashes. */
  readonly flag: string;
  readonly env: string | undefined;
  readonly kind: OptionKind;
  /** Text as a user would give it; absent when there is no default. */
  readonly fallback: string | undefined;
  readonly summary: string;
  /** Accepted for compatibility; giving it has no effect yet, and says so. */
  readonly unbuilt: boolean;
  readonly hidden: boolean;
}

type Extra = Partial<Pick<ServerOption, 'fallback' | 'unbuilt' | 'hidden'>> & { readonly env?: string | undefined };

function option(flag: string, kind: OptionKind, summary: string, extra: Extra = {}): ServerOption {
  const env = 'env' in extra ? extra.env : `KUBEWARDEN_${flag.toUpperCase().replaceAll('-', '_')}`;
  return { flag, env, kind, summary, fallback: extra.fallback, unbuilt: extra.unbuilt ?? false, hidden: extra.hidden ?? false };
}

/** The options in the order of `--help`. */
export const serverOptions: readonly ServerOption[] = [
  option('addr', 'address', 'IP address to listen on', { env: 'KUBEWARDEN_BIND_ADDRESS', fallback: '0.0.0.0' }),
  option('port', 'port', 'port of the API', { fallback: '3000' }),
  option('readiness-probe-port', 'port', 'port of /readiness and /livez, plain HTTP', { fallback: '8081' }),
  option('workers', 'count', 'evaluations that run at once; default: the number of processors'),
  option('cert-file', 'text', 'PEM file with the certificate chain; needs --key-file'),
  option('key-file', 'text', 'PEM file with the private key; needs --cert-file'),
  option('client-ca-file', 'paths', 'comma-separated PEM files with the authorities that client certificates must chain to'),
  option('dev-tls', 'text', 'serve with a seven-day certificate made at start, on loopback only; the value is the file its authority is written to', { env: undefined }),
  option('policies', 'text', 'file with the policies to serve', { fallback: 'policies.yml' }),
  option('policies-download-dir', 'text', 'folder that downloaded policies are kept in', { fallback: '.' }),
  option('policy-timeout', 'seconds', 'seconds that a policy may execute', { fallback: '2' }),
  option('disable-timeout-protection', 'switch', 'let policies without a limit of their own run for ever'),
  option('always-accept-admission-reviews-on-namespace', 'text', 'accept every request about objects in this namespace without asking policies'),
  option('continue-on-errors', 'switch', 'serve although some policies are wrong, and reject requests to those', { hidden: true }),
  option('max-body-size', 'size', 'bytes that a request body may have, for example 8MiB', { fallback: '8MiB' }),
  option('max-buffered-size', 'size', 'bytes of request bodies that may be held at once, over all requests', { fallback: '256MiB' }),
  option('queue-size', 'count', 'evaluations that may wait for a worker before requests are refused', { fallback: '1000' }),
  option('metrics-port', 'port', 'port of GET /metrics in Prometheus format, plain HTTP; off when absent'),
  option('log-level', 'level', 'trace, debug, info, warn or error', { fallback: 'info' }),
  option('log-fmt', 'format', 'text, json or otlp (otlp is not built yet and logs as text)', { fallback: 'text' }),
  option('log-no-color', 'switch', 'no colours in text logs', { env: 'NO_COLOR' }),
  option('sources-path', 'text', 'file with insecure sources, authorities and proxies'),
  option('verification-path', 'text', 'file with the signatures that policies must have', { env: 'KUBEWARDEN_VERIFICATION_CONFIG_PATH' }),
  option('docker-config-json-path', 'text', 'folder with a config.json that holds registry credentials'),
  option('sigstore-cache-dir', 'text', 'folder that the Sigstore trust root is kept in', { unbuilt: true }),
  option('sigstore-trust-config', 'text', 'file with a Sigstore trust configuration', { env: 'KUBEWARDEN_SIGSTORE_TRUST_CONFIG_PATH', unbuilt: true }),
  option('ignore-kubernetes-connection-failure', 'switch', 'start although Kubernetes cannot be reached', { unbuilt: true }),
  option('enable-metrics', 'switch', 'push metrics by OTLP (see --metrics-port for Prometheus)', { unbuilt: true }),
  option('enable-pprof', 'switch', 'serve profiles', { unbuilt: true }),
  option('daemon', 'switch', 'run in the background', { unbuilt: true }),
  option('daemon-pid-file', 'text', 'file for the process id of the daemon', { unbuilt: true }),
  option('daemon-stdout-file', 'text', 'file for the output of the daemon', { unbuilt: true }),
  option('daemon-stderr-file', 'text', 'file for the errors of the daemon', { unbuilt: true }),
];
