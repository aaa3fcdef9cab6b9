// What an embedder may set, with every default in one place.
import { availableParallelism } from 'node:os';

import { z } from 'zod';

import type { Capability } from '../capabilities/capability.js';
import type { EventSink } from '../events.js';
import { Fault } from '../fault.js';
import { fieldProblems, formatFieldProblems } from '../policy/field-problems.js';

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
  /** Linear memory a policy may have, in pages of 64 KiB. Default 2048 (128 MiB). */
  readonly maxMemoryPages?: number;
  /** Entries a policy's tables may have. Default 100,000. */
  readonly maxTableElements?: number;
  /** How long reading, checking and compiling one module may take, in milliseconds. Default 60,000. */
  readonly loadTimeoutMs?: number;
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
  readonly maxMemoryPages: number;
  readonly maxTableElements: number;
  readonly loadTimeoutMs: number;
  readonly requireMetadata: boolean;
}

/** What a timer can wait at most, about 25 days. */
const maxTimerMs = 2 ** 31 - 1;

const settingsSchema = z.strictObject({
  workers: z.int().min(1).max(1024).optional(),
  spareWorkers: z.int().min(0).max(16).default(1),
  queueSize: z.int().min(0).max(1_000_000).default(1000),
  policyTimeoutMs: z.number().positive().nullable().default(2000),
  maxMemoryPages: z.int().min(1).max(65536).default(2048),
  maxTableElements: z.int().min(0).max(10_000_000).default(100_000),
  loadTimeoutMs: z.number().positive().max(maxTimerMs).default(60_000),
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
  return { ...parsed.data, workers: parsed.data.workers ?? availableParallelism(), policyTimeoutMs: parsed.data.policyTimeoutMs ?? Number.POSITIVE_INFINITY };
}
