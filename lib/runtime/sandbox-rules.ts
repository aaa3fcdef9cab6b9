// The rules for sandboxes: how far instances are shared and what a guest may take. Every default is here, with its unit;
// an embedder sets them for a runtime and, where one policy needs other ones, for that policy.
import { z } from 'zod';

import { Fault } from '../fault.js';
import { fieldProblems, formatFieldProblems } from '../policy/field-problems.js';
import { maxFunctions, maxLocalsPerFunction, maxModuleBytes } from '../wasm/ceilings.js';

/** What a module may declare and a guest may take. */
export interface SandboxLimits {
  /** Linear memory, in pages of 64 KiB. Default 2048 (128 MiB). */
  readonly memoryPages: number;
  /** Entries of all tables together at the start, and of each as it grows. Default 100,000. */
  readonly tableElements: number;
  /** Size of a module, in bytes. Default 64 MiB. */
  readonly moduleBytes: number;
  /** Functions a module defines. Default 200,000. */
  readonly functions: number;
  /** Parameters and local variables of one function. Default 20,000. */
  readonly localsPerFunction: number;
  /** Initial memory contents that a module carries, in bytes. Default 64 MiB. */
  readonly dataBytes: number;
  /** Reading, proving, rewriting and compiling one module, in milliseconds. Default 60,000. */
  readonly loadMs: number;
  /** Instantiation and each start function, in milliseconds; null for as long as an operation may take, the default. */
  readonly startMs: number | null;
  /** Host calls in one operation. Default 10,000. */
  readonly hostCalls: number;
  /** Answer to one host call, in bytes; the guest is refused a larger one. Default 64 MiB. */
  readonly hostAnswerBytes: number;
  /** Answer to an operation, and payload of one host call, in bytes. Default 8 MiB. */
  readonly guestAnswerBytes: number;
  /** Lines of log in one operation; what comes after is dropped. Default 1000. */
  readonly logLines: number;
}

/** How far one instance serves several requests. */
export type Isolation =
  /** An instance of its own for each policy, put back after each request. */
  | 'policy'
  /** One instance for all policies of the same module, put back after each request. */
  | 'module'
  /** A new instance for each request. */
  | 'request';

/** The rules for the sandboxes of a runtime or of a policy. */
export interface SandboxRules {
  /** Default `policy`. */
  readonly isolation: Isolation;
  /**
   * Put instances back although their start functions read a clock, random bytes or the host: every request then sees what
   * was read once. Default false: such a policy gets a new instance for each request.
   */
  readonly repeatInit: boolean;
  /** Requests of one policy that run at once; null for no limit, the default. */
  readonly maxConcurrent: number | null;
  readonly limits: SandboxLimits;
}

/** Some of the rules. */
export interface SandboxOptions extends Partial<Omit<SandboxRules, 'limits'>> {
  readonly limits?: Partial<SandboxLimits>;
}

const mebibyte = 1024 * 1024;
const maxTimerMs = 2 ** 31 - 1;
const milliseconds = z.number().positive().max(maxTimerMs);

/** The upper bounds are those of lib/wasm, beyond which no module is read, and the engine's. */
const limitsSchema = z.strictObject({
  memoryPages: z.int().min(1).max(65_536).default(2048),
  tableElements: z.int().min(0).max(10_000_000).default(100_000),
  moduleBytes: z.int().min(8).max(maxModuleBytes).default(maxModuleBytes),
  functions: z.int().min(1).max(maxFunctions).default(maxFunctions),
  localsPerFunction: z.int().min(1).max(maxLocalsPerFunction).default(maxLocalsPerFunction),
  dataBytes: z.int().min(0).max(maxModuleBytes).default(maxModuleBytes),
  loadMs: milliseconds.default(60_000),
  startMs: milliseconds.nullable().default(null),
  hostCalls: z.int().min(0).max(2 ** 31 - 1).default(10_000),
  hostAnswerBytes: z.int().min(0).max(1024 * mebibyte).default(64 * mebibyte),
  guestAnswerBytes: z.int().min(0).max(1024 * mebibyte).default(8 * mebibyte),
  logLines: z.int().min(0).max(1_000_000).default(1000),
});

/** The rules as data that was handed in. */
export const sandboxSchema = z.strictObject({
  isolation: z.enum(['policy', 'module', 'request']).default('policy'),
  repeatInit: z.boolean().default(false),
  maxConcurrent: z.int().min(1).nullable().default(null),
  limits: limitsSchema.prefault({}),
});

/** Rules of a policy's own: merged with the runtime's, what is no object would leave no trace. */
const ownSchema = z.looseObject({ limits: z.looseObject({}).optional() });

/**
 * A policy's rules: its own where it has any, the runtime's elsewhere.
 *
 * @throws {Fault} `POLICIES_INVALID` naming every problem at once
 */
export function sandboxRules(own: SandboxOptions, general: SandboxRules): SandboxRules {
  const shaped = ownSchema.safeParse(own);
  const parsed = shaped.success ? sandboxSchema.safeParse({ ...general, ...own, limits: { ...general.limits, ...own.limits } }) : shaped;
  if (!parsed.success) throw new Fault('POLICIES_INVALID', `sandbox: ${formatFieldProblems(fieldProblems(parsed.error))}`);
  return parsed.data;
}
