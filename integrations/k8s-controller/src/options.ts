// Every option of the controller as data: flag, default and meaning (contract 6.1). config.ts reads values by it, command-line.ts builds the
// command line from it.

/** How an option's text is read. */
export type OptionKind = 'text' | 'switch' | 'port' | 'address' | 'names' | 'level';

/** One option. */
export interface ControllerOption {
  /** Flag without its dashes. */
  readonly flag: string;
  readonly kind: OptionKind;
  /** Text as a user would give it; absent when there is no default. */
  readonly fallback: string | undefined;
  readonly summary: string;
  /** Accepted for compatibility; giving it has no effect, and says so. */
  readonly unbuilt: boolean;
}

function option(flag: string, kind: OptionKind, summary: string, { fallback, unbuilt = false }: { readonly fallback?: string; readonly unbuilt?: boolean } = {}): ControllerOption {
  return { flag, kind, summary, fallback, unbuilt };
}

/** The options in the order of `--help`. */
export const controllerOptions: readonly ControllerOption[] = [
  option('deployments-namespace', 'text', "namespace of the policy-servers and their Secrets; the Pod's own when absent"),
  option('kubeconfig', 'text', 'file that says how to reach the API server; the usual places when absent'),
  option('leader-elect', 'switch', 'reconcile only while elected, so that several replicas can run', { fallback: 'false' }),
  option('webhook-server-port', 'port', "port of the webhooks that check the controller's own resources", { fallback: '9443' }),
  option('webhook-service-name', 'text', 'Service in front of these webhooks', { fallback: 'kubewarden-controller-webhook-service' }),
  option('client-ca-configmap-name', 'text', "ConfigMap whose key client-ca.crt holds the authority of the API server's client certificate; given, all webhooks demand client certificates"),
  option('health-probe-bind-address', 'address', 'address of /healthz and /readyz, plain HTTP', { fallback: ':8081' }),
  option('metrics-bind-address', 'address', 'address of /metrics in Prometheus format, plain HTTP; 0 for none', { fallback: ':8088' }),
  option('create-default-policy-server', 'switch', 'create the PolicyServer `default` once, if there is none', { fallback: 'false' }),
  option('default-policy-server-image', 'text', 'image of that PolicyServer', { fallback: 'ghcr.io/wasmwarden/policy-server:latest' }),
  option('default-policy-server-service-account', 'text', 'ServiceAccount of that PolicyServer', { fallback: 'policy-server' }),
  option('always-accept-admission-reviews-on-deployments-namespace', 'switch', 'let policy-servers accept every request about objects in their own namespace', { fallback: 'false' }),
  option('image-pull-secrets', 'names', 'comma-separated Secrets with which the Pods of policy-servers pull their image'),
  option('host-network', 'switch', 'run the Pods of policy-servers in the network of their Nodes', { fallback: 'false' }),
  option('enable-metrics', 'switch', 'let policy-servers push metrics by OTLP', { fallback: 'false' }),
  option('enable-tracing', 'switch', 'let policy-servers push traces by OTLP', { fallback: 'false' }),
  option('enable-otel-sidecar', 'switch', 'let policy-servers push to a collector in their own Pod', { fallback: 'false' }),
  option('opentelemetry-certificate-secret', 'text', 'Secret whose key ca.crt holds the authority of the collector'),
  option('opentelemetry-client-certificate-secret', 'text', 'Secret with the certificate and key that the collector is shown'),
  option('zap-log-level', 'level', 'debug, info, warn or error', { fallback: 'info' }),
  option('zap-encoder', 'text', 'format of log lines; they are JSON', { unbuilt: true }),
  option('zap-devel', 'switch', 'log for developers', { unbuilt: true }),
  option('zap-stacktrace-level', 'text', 'from which level on stacks are logged', { unbuilt: true }),
  option('zap-time-encoding', 'text', 'format of the time in log lines', { unbuilt: true }),
];
