// Pods of policy-servers, reduced to what decisions rest on: which version they run, whether requests reach them, and why they end.
import { z } from 'zod';

import { isConfigHash, type ConfigHash } from '../desired/config-hash.js';
import { configVersionLabel, policyServerLabel } from '../desired/labels.js';
import type { SeenObject } from './kubernetes-object.js';

/** A Pod of a policy-server that has not ended. */
export interface ServerPod {
  readonly name: string;
  /** The version of the policies it was made for; undefined when somebody else made it. */
  readonly version: ConfigHash | undefined;
  /** Its readiness probe succeeds. */
  readonly ready: boolean;
  readonly terminating: boolean;
  /** Why its container does not run, or ended the last time, be it running again. */
  readonly failure: PodFailure | undefined;
}

/** Why a container does not run. */
export interface PodFailure {
  /** Kubernetes' word, such as `Error`, `OOMKilled` or `ErrImagePull`. */
  readonly reason: string;
  /** What the container left behind when it ended, or what Kubernetes says; may be empty. */
  readonly message: string;
}

const terminated = z.object({ reason: z.string().default(''), message: z.string().default(''), exitCode: z.number().default(0) });
const containerStatus = z.object({
  state: z.object({ waiting: z.object({ reason: z.string().default(''), message: z.string().default('') }).optional(), terminated: terminated.optional() }).default({}),
  lastState: z.object({ terminated: terminated.optional() }).default({}),
});
const podStatus = z.object({
  phase: z.string().default(''),
  conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
  containerStatuses: z.array(containerStatus).default([]),
});

type ContainerStatus = z.infer<typeof containerStatus>;

/** Reasons to wait that are not failures. */
const patient = ['', 'ContainerCreating', 'PodInitializing'];

/** The server that a Pod, or anything else with the label, belongs to. */
export function serverOf({ metadata }: SeenObject): string | undefined {
  return metadata.labels?.[policyServerLabel];
}

/** Reads a Pod; undefined when it has ended and only its record is left. */
export function readPod({ metadata, status }: SeenObject): ServerPod | undefined {
  const { phase, conditions, containerStatuses } = podStatus.parse(status ?? {});
  if (phase === 'Succeeded' || phase === 'Failed') return undefined;
  const version = metadata.labels?.[configVersionLabel];
  return {
    name: metadata.name,
    version: version !== undefined && isConfigHash(version) ? version : undefined,
    ready: conditions.some(({ type, status: holds }) => type === 'Ready' && holds === 'True'),
    terminating: metadata.deletionTimestamp !== undefined,
    failure: containerStatuses.map(failureOf).find((failure) => failure !== undefined),
  };
}

/** How the container ended last says more than that it waits to be started again, and stays the same while it is tried. */
function failureOf({ state: { waiting, terminated: now }, lastState }: ContainerStatus): PodFailure | undefined {
  const ended = [now, lastState.terminated].find((end) => end !== undefined && end.exitCode !== 0);
  if (ended !== undefined) return { reason: ended.reason, message: ended.message };
  return waiting === undefined || patient.includes(waiting.reason) ? undefined : waiting;
}
