// From definitions to policies that are known to work, in the seed's order: get the modules, check and compile them, ask each
// policy whether its settings are right. What is wrong with a policy is kept as data, by policy.
import { deadlineAfter, isFault, type PolicyInput, type Runtime } from 'wasmwarden';
import type { PolicyDefinition, PolicyId } from 'wasmwarden/policy';

/** A policy that cannot be served, and why. */
export interface PolicyProblem {
  readonly policyId: string;
  readonly message: string;
  /** Whether the server must not start even if it may go on without some policies. */
  readonly fatal: boolean;
}

type Problem = Omit<PolicyProblem, 'policyId'>;

/** Where policies come from and how they are brought up. */
export interface StartUpPorts {
  readonly runtime: Runtime;
  /** Turns a definition's module into something at hand; a fault is that policy's problem. */
  readonly locate: (module: string) => Promise<PolicyInput['module']>;
  /**
   * Policies that are asked about their settings at once: no more than the runtime has workers, or they wait on each other's
   * time, and no more than may wait, as all of them do until the workers have started.
   */
  readonly concurrency: number;
  /**
   * Longest time one policy may take over its settings, in milliseconds, when it has no execution limit of its own: a policy
   * that hangs there must not hang the start for ever.
   */
  readonly watchdogMs: number;
}

/**
 * Loads every policy and validates its settings.
 *
 * @returns what is wrong, in the order of the definitions; nothing when all policies can be served
 */
export async function loadPolicies(definitions: ReadonlyMap<PolicyId, PolicyDefinition>, ports: StartUpPorts): Promise<readonly PolicyProblem[]> {
  const { runtime } = ports;
  const problems = new Map<PolicyId, Problem>();
  for (const [id, policy] of await runtime.load(await locatedPolicies(definitions, ports, problems))) {
    if (policy.kind === 'unusable') problems.set(id as PolicyId, bootstrapFailure(id, policy.fault.code, policy.fault.message));
  }
  const loaded = [...definitions.keys()].filter((id) => !problems.has(id));
  await forEach(loaded, ports.concurrency, async (id) => {
    const message = await settingsProblem(id, ports);
    if (message !== undefined) problems.set(id, { message, fatal: false });
  });
  return [...definitions.keys()].flatMap((policyId) => {
    const problem = problems.get(policyId);
    return problem === undefined ? [] : [{ policyId, ...problem }];
  });
}

async function locatedPolicies(definitions: ReadonlyMap<PolicyId, PolicyDefinition>, { locate }: StartUpPorts, problems: Map<PolicyId, Problem>): Promise<Record<string, PolicyInput>> {
  // All at once: how many are downloaded at a time is the sources' business.
  const inputs = await Promise.all(
    [...definitions].map(async ([id, definition]): Promise<[string, PolicyInput][]> => {
      try {
        return [[id, { ...definition, module: await locate(definition.module) }]];
      } catch (thrown) {
        if (!isFault(thrown)) throw thrown;
        problems.set(id, { message: `Error while downloading policy '${id}' from ${definition.module}: ${thrown.message}`, fatal: false });
        return [];
      }
    }),
  );
  // Not by assignment: a policy may be named __proto__.
  return Object.fromEntries(inputs.flat());
}

/** Host capabilities that cannot be read are fatal always (contract 5.4): nobody knows what the policy was meant to be denied. */
function bootstrapFailure(id: string, code: string, message: string): Problem {
  if (code === 'CAPABILITY_PATTERN_INVALID') return { message: `bootstrap failure: invalid hostCapabilities pattern for policy ${id}: ${message}`, fatal: true };
  return { message: `bootstrap failure: ${id}: ${message}`, fatal: false };
}

async function settingsProblem(id: string, { runtime, watchdogMs }: StartUpPorts): Promise<string | undefined> {
  try {
    const verdict = await runtime.validateSettings(id, { deadline: deadlineAfter(watchdogMs) });
    return verdict.valid ? undefined : `Policy settings are invalid: ${verdict.message ?? 'no message'}`;
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown;
    return thrown.code === 'REQUEST_DEADLINE_EXCEEDED' ? `Policy settings are invalid: their validation did not end within ${watchdogMs / 1000} seconds` : thrown.message;
  }
}

/** Runs an action on every item, so many at once. */
async function forEach<Item>(items: readonly Item[], concurrency: number, action: (item: Item) => Promise<void>): Promise<void> {
  const rest = items.values();
  const work = async (): Promise<void> => {
    for (const item of rest) await action(item);
  };
  await Promise.all(Array.from({ length: concurrency }, work));
}
