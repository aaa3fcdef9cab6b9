// What telemetry adds to a policy-server's Pods (contract 3.6, 3.8): environment, volumes and the annotation that asks for a sidecar.
import type { ServerDefaults } from './server-defaults.js';
import { mountedSecret, type MountedVolume } from './mounted-volume.js';

/** An environment variable. */
export type Variable = { readonly name: string; readonly value: string };

const variablePrefix = 'OTEL_EXPORTER_OTLP_';
const signals: Readonly<Record<string, readonly string[]>> = {
  '': [],
  'METRICS_': ['DEFAULT_HISTOGRAM_AGGREGATION', 'TEMPORALITY_PREFERENCE'],
  'TRACES_': [],
};
const settings = ['CERTIFICATE', 'CLIENT_CERTIFICATE', 'CLIENT_KEY', 'COMPRESSION', 'ENDPOINT', 'HEADERS', 'INSECURE', 'TIMEOUT'];

/** The variables of the controller's own environment that policy-servers get too. */
export const replicatedVariables: readonly string[] = Object.entries(signals).flatMap(([signal, extra]) => [...settings, ...extra].map((setting) => `${variablePrefix}${signal}${setting}`));

type Part = Pick<ServerDefaults, 'telemetry' | 'hostNetwork'>;

function isOn({ telemetry }: Part): boolean {
  return telemetry.metrics || telemetry.tracing;
}

/** Variables that switch telemetry on, in place of what the user may have set. */
export function telemetrySwitches({ telemetry }: Part): readonly Variable[] {
  return [...(telemetry.metrics ? [{ name: 'KUBEWARDEN_ENABLE_METRICS', value: 'true' }] : []), ...(telemetry.tracing ? [{ name: 'KUBEWARDEN_LOG_FMT', value: 'otlp' }] : [])];
}

/** Variables that say where telemetry goes. */
export function collectorVariables(part: Part): readonly Variable[] {
  const { collector } = part.telemetry;
  if (!isOn(part)) return [];
  if (collector.kind === 'sidecar') return part.hostNetwork ? [] : [{ name: `${variablePrefix}ENDPOINT`, value: 'http://localhost:4317' }];
  return Object.entries(collector.variables).map(([name, value]) => ({ name, value }));
}

/** Annotations that ask for the collector beside each Pod. */
export function sidecarAnnotations(part: Part): Readonly<Record<string, string>> {
  return isOn(part) && part.telemetry.collector.kind === 'sidecar' && !part.hostNetwork ? { 'sidecar.opentelemetry.io/inject': 'true' } : {};
}

/** Certificates for the way to a remote collector, mounted where the controller has them too. */
export function collectorVolumes(part: Part): readonly MountedVolume[] {
  const { collector } = part.telemetry;
  if (!isOn(part) || collector.kind === 'sidecar') return [];
  return [
    ...collectorVolume('otel-collector-certificate', collector.certificateSecret, collector.variables[`${variablePrefix}CERTIFICATE`]),
    ...collectorVolume('otel-collector-client-certificate', collector.clientCertificateSecret, collector.variables[`${variablePrefix}CLIENT_CERTIFICATE`]),
  ];
}

function collectorVolume(name: string, secret: string | undefined, path: string | undefined): readonly MountedVolume[] {
  const folder = path?.slice(0, path.lastIndexOf('/')) ?? '';
  return secret === undefined || folder === '' ? [] : [mountedSecret(name, secret, folder, { defaultMode: 420 })];
}
