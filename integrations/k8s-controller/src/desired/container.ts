// The container of a policy-server (contract 3.6): image, environment, probe, resources and hardening.
import type { PolicyServer } from '../crds/custom-object.js';
import type { JsonObject } from '../crds/schema-parts.js';
import { hasSources } from './configuration.js';
import type { MountedVolume } from './mounted-volume.js';
import { serverObjectName } from './names.js';
import { effectivePorts } from './ports.js';
import type { ServerDefaults } from './server-defaults.js';
import { collectorVariables, telemetrySwitches, type Variable } from './telemetry.js';
import { paths } from './volumes.js';

/** A variable as a Pod has it: with a value, or taken from elsewhere. */
type EnvironmentEntry = JsonObject & { readonly name: string };

/** What the restricted Pod Security standard asks of a container, and a root that nobody can write to. */
const hardened = {
  readOnlyRootFilesystem: true,
  privileged: false,
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
} as const;

/**
 * How long a Pod that is told to go still takes connections: until then API servers and proxies have learnt that it goes. Without it a
 * rollout under load would fail requests.
 */
const drainSeconds = 5;

/** The longest that a policy may take, and so the last request that a Pod took before it went. */
const longestRequestSeconds = 30;

/** For the policy-server's own farewell, which begins when the drain ends. */
const farewellSeconds = 10;

/** How long a Pod may take to go: long enough that whoever asked last is answered. */
export const graceSeconds = drainSeconds + longestRequestSeconds + farewellSeconds;

/** The container. */
export function desiredContainer(server: PolicyServer, volumes: readonly MountedVolume[], defaults: ServerDefaults): JsonObject {
  const { image, limits = {}, requests = {}, securityContexts } = server.spec;
  return {
    name: serverObjectName(server.metadata.name),
    image,
    env: environment(server, defaults),
    readinessProbe: { httpGet: { path: '/readiness', port: effectivePorts(server.spec).readiness, scheme: 'HTTP' } },
    lifecycle: { preStop: { sleep: { seconds: drainSeconds } } },
    resources: { requests, limits },
    securityContext: securityContexts?.container ?? hardened,
    volumeMounts: volumes.map(({ mount }) => mount),
  };
}

function environment(server: PolicyServer, defaults: ServerDefaults): readonly EnvironmentEntry[] {
  const given = [...builtIn(server), ...(server.spec.env ?? []), ...configured(server, defaults)];
  const switched = telemetrySwitches(defaults).reduce<readonly EnvironmentEntry[]>(replaced, onePerName(given));
  return onePerName([...switched, ...collectorVariables(defaults), ...clientAuthorities(defaults)]);
}

/** Kubernetes takes the last of several variables with a name, and server-side apply allows only one. */
function onePerName(entries: readonly EnvironmentEntry[]): readonly EnvironmentEntry[] {
  return entries.filter(({ name }, index) => !entries.slice(index + 1).some((later) => later.name === name));
}

function replaced(entries: readonly EnvironmentEntry[], variable: Variable): readonly EnvironmentEntry[] {
  const entry: EnvironmentEntry = variable;
  return entries.some(({ name }) => name === entry.name) ? entries.map((old) => (old.name === entry.name ? entry : old)) : [...entries, entry];
}

function builtIn({ spec }: PolicyServer): readonly EnvironmentEntry[] {
  const { webhook, readiness } = effectivePorts(spec);
  return [
    { name: 'KUBEWARDEN_CERT_FILE', value: paths.certificate },
    { name: 'KUBEWARDEN_KEY_FILE', value: paths.key },
    { name: 'KUBEWARDEN_PORT', value: String(webhook) },
    { name: 'KUBEWARDEN_READINESS_PROBE_PORT', value: String(readiness) },
    { name: 'KUBEWARDEN_POLICIES_DOWNLOAD_DIR', value: paths.store },
    { name: 'KUBEWARDEN_POLICIES', value: paths.policies },
    { name: 'KUBEWARDEN_SIGSTORE_CACHE_DIR', value: paths.sigstoreCache },
  ];
}

function configured(server: PolicyServer, { alwaysAcceptOwnNamespace, namespace }: ServerDefaults): readonly EnvironmentEntry[] {
  const { verificationConfig = '', sigstoreTrustConfig = '', imagePullSecret = '' } = server.spec;
  return [
    ...(alwaysAcceptOwnNamespace ? [{ name: 'KUBEWARDEN_ALWAYS_ACCEPT_ADMISSION_REVIEWS_ON_NAMESPACE', value: namespace }] : []),
    ...(verificationConfig === '' ? [] : [{ name: 'KUBEWARDEN_VERIFICATION_CONFIG_PATH', value: paths.verification }]),
    ...(sigstoreTrustConfig === '' ? [] : [{ name: 'KUBEWARDEN_SIGSTORE_TRUST_CONFIG_PATH', value: paths.trustConfig }]),
    ...(imagePullSecret === '' ? [] : [{ name: 'KUBEWARDEN_DOCKER_CONFIG_JSON_PATH', value: paths.dockerConfig }]),
    ...(hasSources(server) ? [{ name: 'KUBEWARDEN_SOURCES_PATH', value: paths.sources }] : []),
  ];
}

function clientAuthorities({ clientCaConfigMap }: ServerDefaults): readonly EnvironmentEntry[] {
  return clientCaConfigMap === undefined ? [] : [{ name: 'KUBEWARDEN_CLIENT_CA_FILE', value: `${paths.authority},${paths.clientAuthority}` }];
}
