// THE schema of policies.yml (contract 5.2), shared by whoever writes, reads or checks it. Reading YAML text is the caller's
// business: this module takes the parsed document. Groups are recognised and refused until they are built.
import { z } from 'zod';

import { Fault, isFault } from '../fault.js';

import { fieldProblems, formatFieldProblems, type FieldProblem } from './field-problems.js';
import { parsePolicyName, type PolicyId } from './identity.js';
import { anyMap } from './maps.js';
import { isPlainObject } from './plain-object.js';

/** A Kubernetes kind that a policy may read. */
export interface ContextAwareResource {
  readonly apiVersion: string;
  readonly kind: string;
}

/** Settings as given; the guest sees them as a JSON object. */
export type Settings = Readonly<Record<string, unknown>>;

/** One policy of policies.yml with every default filled in. */
export interface PolicyDefinition {
  /** Where the module is: `file://`, `http://`, `https://` or `registry://`; without a scheme, a registry reference. */
  readonly module: string;
  readonly policyMode: 'protect' | 'monitor';
  readonly allowedToMutate: boolean;
  readonly settings: Settings;
  readonly contextAwareResources: readonly ContextAwareResource[];
  /** Replaces the policy's own message on rejection. */
  readonly message?: string | undefined;
  /** The policy's own execution limit; the runtime's when absent. */
  readonly timeoutEvalSeconds?: number | undefined;
  /** Patterns of host capabilities; empty grants none. */
  readonly hostCapabilities: readonly string[];
}

const policySchema = z.object({
  module: z.string().min(1, 'a module URL must not be empty'),
  policyMode: z.enum(['protect', 'monitor']).default('protect'),
  allowedToMutate: z.boolean().nullish().transform((value) => value ?? false),
  settings: anyMap('Invalid settings in CRD, not an object').nullish().transform((settings): Settings => settings ?? {}),
  contextAwareResources: z.array(z.object({ apiVersion: z.string(), kind: z.string() })).default([]),
  message: z.string().nullish().transform((value) => value ?? undefined),
  timeoutEvalSeconds: z.int().min(0).nullish().transform((value) => value ?? undefined),
  hostCapabilities: z.array(z.string()).default([]),
});

/**
 * Reads the parsed document of a policies.yml: policy id to definition, in the document's order.
 *
 * @throws {Fault} `POLICIES_INVALID` naming every problem at once (`context.problems`: `{ path, message }[]`)
 */
export function parsePolicyDefinitions(document: unknown): ReadonlyMap<PolicyId, PolicyDefinition> {
  const entries = document ?? {};
  if (!isPlainObject(entries)) throw new Fault('POLICIES_INVALID', 'expected a map of policy names to policies');
  const definitions = new Map<PolicyId, PolicyDefinition>();
  const problems: FieldProblem[] = [];
  for (const [name, entry] of Object.entries(entries)) {
    const problem = add(definitions, name, entry);
    if (problem !== undefined) problems.push({ path: name, message: problem });
  }
  if (problems.length > 0) throw new Fault('POLICIES_INVALID', formatFieldProblems(problems), { context: { problems } });
  return definitions;
}

/** Reads one entry; says what is wrong with it, or nothing. */
function add(definitions: Map<PolicyId, PolicyDefinition>, name: string, entry: unknown): string | undefined {
  try {
    definitions.set(parsePolicyName(name), parsePolicyDefinition(entry));
    return undefined;
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown;
    return thrown.message;
  }
}

/**
 * Reads one policy of policies.yml.
 *
 * @throws {Fault} `POLICIES_INVALID`
 */
export function parsePolicyDefinition(entry: unknown): PolicyDefinition {
  if (isGroup(entry)) throw new Fault('POLICIES_INVALID', 'policy groups are not supported yet; define each member as a policy of its own');
  const parsed = policySchema.safeParse(entry);
  if (!parsed.success) throw new Fault('POLICIES_INVALID', formatFieldProblems(fieldProblems(parsed.error)));
  return parsed.data;
}

/** An entry with both `module` and `policies` is a plain policy, as in the reference. */
function isGroup(entry: unknown): boolean {
  return isPlainObject(entry) && 'policies' in entry && !('module' in entry);
}
