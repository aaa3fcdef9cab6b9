// What ought to be for a PolicyServer: its objects in the order in which they are made, and which version of its configuration is to run.
import type { PolicyServer } from '../crds/custom-object.js';
import { isAt } from '../plan/plan.js';
import type { ObjectReference } from '../world/kubernetes-object.js';
import { versionOf } from '../world/versions.js';
import type { ServerWorld } from '../world/world.js';
import { isConfigHash, type ConfigHash } from './config-hash.js';
import { readableConfigMap, versionedConfigMap } from './config-map.js';
import { sizeProblem, type ServerConfiguration } from './configuration.js';
import { desiredDeployment } from './deployment.js';
import { desiredDisruptionBudget } from './disruption-budget.js';
import { configVersionLabel } from './labels.js';
import { serverObjectName } from './names.js';
import { webhookGraceMs } from './policy.js';
import { replicasOf } from './replicas.js';
import type { ServerDefaults } from './server-defaults.js';
import { desiredService } from './service.js';
import { absent, hold, present, type Wanted } from './wanted.js';

/** Changes that follow each other within this time are rolled out together, in milliseconds. */
const quietMs = 2_000;

/** Changes that do not cease are rolled out after this time nevertheless, in milliseconds. */
const patienceMs = 10_000;

/** What a PolicyServer is made of; conditions are told per part. */
export type ServerPart = 'configuration' | 'disruption-budget' | 'deployment' | 'service';

/** The objects of one part. */
export interface WantedPart {
  readonly part: ServerPart;
  readonly wanted: readonly Wanted[];
  /** Why the part cannot be as the user wants it. */
  readonly problem?: string;
}

/** What ought to be for a PolicyServer. */
export interface DesiredServer {
  /** The version that the Deployment is to run; undefined while there is none yet. */
  readonly version: ConfigHash | undefined;
  readonly parts: readonly WantedPart[];
  /** When to look again though nothing happens, in milliseconds. */
  readonly nextMs: number | undefined;
}

/** Whether a PolicyServer may go. */
export interface ServerRelease {
  readonly finalizer: 'absent' | 'hold';
  /** When to look again though nothing happens, in milliseconds. */
  readonly nextMs: number | undefined;
}

/** How long a configuration has been as it is. */
export interface Quiet {
  /** Milliseconds since it last changed. */
  readonly sinceChangeMs: number;
  /** Milliseconds since it first differed from the version that is rolled out. */
  readonly sinceDifferenceMs: number;
}

/** What a PolicyServer is judged by. */
export interface DesiredServerInput {
  readonly world: ServerWorld;
  readonly configuration: ServerConfiguration;
  /** The version that the Deployment was last told to run, see {@link rolledOutVersion}. */
  readonly current: ConfigHash | undefined;
  readonly quiet: Quiet;
  readonly defaults: ServerDefaults;
}

/** What ought to be for a PolicyServer that is not being deleted. */
export function desiredServer({ world, configuration, current, quiet, defaults }: DesiredServerInput): DesiredServer {
  const rollout = desiredRollout(configuration, current, quiet);
  const parts: readonly WantedPart[] = [
    { part: 'configuration', wanted: configMaps(world, configuration, rollout, defaults.namespace), ...(rollout.problem === undefined ? {} : { problem: rollout.problem }) },
    { part: 'disruption-budget', wanted: [desiredDisruptionBudget(world.server, defaults.namespace)] },
    { part: 'deployment', wanted: [deployment(world, rollout, defaults)] },
    { part: 'service', wanted: [present(desiredService(world.server, defaults))] },
  ];
  return { version: rollout.version, parts, nextMs: rollout.waitMs };
}

interface DesiredRollout {
  readonly version: ConfigHash | undefined;
  /** How long changes may still join, in milliseconds. */
  readonly waitMs: number | undefined;
  readonly problem: string | undefined;
}

function desiredRollout(configuration: ServerConfiguration, current: ConfigHash | undefined, { sinceChangeMs, sinceDifferenceMs }: Quiet): DesiredRollout {
  const problem = sizeProblem(configuration);
  if (problem !== undefined || configuration.hash === current) return { version: current, waitMs: undefined, problem };
  const waitMs = Math.min(quietMs - sinceChangeMs, patienceMs - sinceDifferenceMs);
  return waitMs > 0 ? { version: current, waitMs, problem } : { version: configuration.hash, waitMs: undefined, problem };
}

/** The version that the Deployment was last told to run, as long as that is still stored. */
export function rolledOutVersion({ server, seen, running }: Pick<ServerWorld, 'server' | 'seen' | 'running'>, namespace: string): ConfigHash | undefined {
  const version = seen.find((object) => isAt(object, deploymentReference(server, namespace)))?.metadata.annotations?.[configVersionLabel];
  return version !== undefined && isConfigHash(version) && running.versions.has(version) ? version : undefined;
}

/** The version to run and its readable copy; what no Pod can mount any more goes. */
function configMaps({ server, seen, mounted }: ServerWorld, configuration: ServerConfiguration, { version }: DesiredRollout, namespace: string): readonly Wanted[] {
  const kept = new Set<string | undefined>([version, configuration.hash, ...mounted]);
  const outdated = seen.filter((object) => object.kind === 'ConfigMap' && versionOf(object) !== undefined && !kept.has(versionOf(object)));
  const current = version !== configuration.hash ? [] : [present(versionedConfigMap(server, configuration, namespace), { exact: ['data'], immutable: true }), present(readableConfigMap(server, configuration, namespace), { exact: ['data'] })];
  return [...current, ...outdated.map((object) => absent({ apiVersion: 'v1', kind: 'ConfigMap', name: object.metadata.name, namespace }))];
}

function deployment(world: ServerWorld, { version, waitMs }: DesiredRollout, defaults: ServerDefaults): Wanted {
  const reference = deploymentReference(world.server, defaults.namespace);
  // Held, not only kept at its version: another change of the Deployment would be a rollout of its own.
  if (version === undefined || waitMs !== undefined) return hold(reference, 'waiting for changes that follow');
  const found = world.seen.find((object) => isAt(object, reference));
  return present(desiredDeployment({ server: world.server, hash: version, defaults, replicas: replicasOf(world.server, found, world.autoscaled) }));
}

function deploymentReference(server: PolicyServer, namespace: string): ObjectReference {
  return { apiVersion: 'apps/v1', kind: 'Deployment', name: serverObjectName(server.metadata.name), namespace };
}

/** Whether the finalizer of a PolicyServer that is being deleted may go: not before everybody knows that nothing points to it any more. Until then all stays as it is. */
export function serverRelease({ webhooksGoneMs }: Pick<ServerWorld, 'webhooksGoneMs'>): ServerRelease {
  if (webhooksGoneMs === undefined) return { finalizer: 'hold', nextMs: undefined };
  return webhooksGoneMs >= webhookGraceMs ? { finalizer: 'absent', nextMs: undefined } : { finalizer: 'hold', nextMs: webhookGraceMs - webhooksGoneMs };
}
