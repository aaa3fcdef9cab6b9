// What the controller's own options say about every policy-server, as the builders need it.

/** Telemetry of policy-servers (contract 3.8). */
export interface Telemetry {
  readonly metrics: boolean;
  readonly tracing: boolean;
  readonly collector:
    | { readonly kind: 'sidecar' }
    | {
        readonly kind: 'remote';
        /** The controller's own `OTEL_EXPORTER_OTLP_*` variables that are not empty, in their order. */
        readonly variables: Readonly<Record<string, string>>;
        readonly certificateSecret: string | undefined;
        readonly clientCertificateSecret: string | undefined;
      };
}

/** What is the same for all policy-servers. */
export interface ServerDefaults {
  /** Namespace of everything that a policy-server is made of. */
  readonly namespace: string;
  /** Port of metrics in the Pod, and at the Service when the PolicyServer names none. */
  readonly metricsPort: number;
  readonly telemetry: Telemetry;
  readonly alwaysAcceptOwnNamespace: boolean;
  /** ConfigMap with the authority of the API server's client certificate; given, clients must show one. */
  readonly clientCaConfigMap: string | undefined;
  readonly imagePullSecrets: readonly string[];
  readonly hostNetwork: boolean;
}
