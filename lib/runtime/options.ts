// What an embedder may set, with every default in one place.
import { availableParallelism } from 'node:os';

import { z } from 'zod';

import type { Capability } from '../capabilities/capability.js';
import type { EventSink } from '../events.js';
import { Fault } from '../fault.js';
import { fieldProblems, formatFieldProblems } from '../policy/field-problems.js';

import { sandboxSchema, type SandboxOptions, type SandboxRules } from './sandbox-rules.js';

/** Settings of a runtime; every one has a default. */
export interface RuntimeOptions {
  /** Evaluations that may run at once, each on a thread of its own. Default: the processors there are. */
  readonly workers?: number;
  /** Threads kept ready beyond that, so that ending a runaway policy costs the next request nothing. Default 1. */
  readonly spareWorkers?: number;
  /** Evaluations that may wait for a worker; one more is refused at once. Default 1000. */
  readonly queueSize?: number;
  /** How long a policy may execute per phase (start, operation), in milliseconds; null for no limit. Default 2000. */
  readonly policyTimeoutMs?: number | null;
  /** Evaluations that may wait for their host's answer beyond the workers, each on a thread more. Default: as many as workers. */
  readonly parkedWorkers?: number;
  /** Memory that warm instances may take on each thread, in bytes; the one used longest ago goes first. Default 128 MiB. */
  readonly warmBytes?: number;
  /** How far instances are shared and what a guest may take; a policy can have rules of its own. */
  readonly sandbox?: SandboxOptions;
  /** Refuse modules without policy metadata, as the policy server does. Default false. */
  readonly requireMetadata?: boolean;
  /** Host capabilities of your own; one with the path of a built-in takes its place. */
  readonly capabilities?: readonly Capability[];
  /** Receives everything the runtime has to say. */
  readonly onEvent?: EventSink;
}

/** Options with the defaults filled in. */
export interface RuntimeSettings {
  readonly capabilities: readonly Capability[];
  readonly onEvent: EventSink;
  readonly workers: number;
  readonly spareWorkers: number;
  readonly queueSize: number;
  /** `Infinity` when there is no limit. */
  readonly policyTimeoutMs: number;
  readonly parkedWorkers: number;
  readonly warmBytes: number;
  readonly sandbox: SandboxRules;
  readonly requireMetadata: boolean;
}

const settingsSchema = z.strictObject({
  workers: z.int().min(1).max(1024).optional(),
  spareWorkers: z.int().min(0).max(16).default(1),
  queueSize: z.int().min(0).max(1_000_000).default(1000),
  policyTimeoutMs: z.number().positive().nullable().default(2000),
  parkedWorkers: z.int().min(0).max(1024).optional(),
  warmBytes: z.int().min(0).default(128 * 1024 * 1024),
  sandbox: sandboxSchema.prefault({}),
  requireMetadata: z.boolean().default(false),
  capabilities: z.array(z.custom<Capability>()).default([]),
  onEvent: z.custom<EventSink>((value) => typeof value === 'function', 'expected a function').default(() => () => undefined),
});

/**
 * Checks options and fills in the defaults.
 *
 * @throws {Fault} `RUNTIME_OPTIONS_INVALID` naming every problem at once
 */
export function runtimeSettings(options: RuntimeOptions): RuntimeSettings {
  const parsed = settingsSchema.safeParse(options);
  if (!parsed.success) throw new Fault('RUNTIME_OPTIONS_INVALID', `Cannot create the runtime: ${formatFieldProblems(fieldProblems(parsed.error))}`);
  const workers = parsed.data.workers ?? availableParallelism();
  return { ...parsed.data, workers, parkedWorkers: parsed.data.parkedWorkers ?? workers, policyTimeoutMs: parsed.data.policyTimeoutMs ?? Number.POSITIVE_INFINITY };
}
