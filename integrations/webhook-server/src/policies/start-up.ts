// From definitions to policies that are known to work, in the seed's order: get the modules, check and compile them, ask each
// policy whether its settings are right. What is wrong with a policy is kept as data, by policy.
import { deadlineAfter, isFault, type Fault, type PolicyInput, type Runtime } from 'wasmwarden';
import type { PolicyDefinition, PolicyId } from 'wasmwarden/policy';

/** A policy that cannot be served, and why. */
export interface PolicyProblem {
  readonly policyId: string;
  readonly message: string;
}

/**
 * Longest time one policy may take over its settings, in milliseconds, when it has no execution limit of its own: a policy
 * that hangs there must not hang the start for ever.
 */
const watchdogMs = 60_000;

/**
 * Loads every policy and validates its settings.
 *
 * @param locate turns a definition's module into something at hand; a fault is that policy's problem
 * @returns what is wrong, in the order of the definitions; nothing when all policies can be served
 */
export async function loadPolicies(
  runtime: Runtime,
  definitions: ReadonlyMap<PolicyId, PolicyDefinition>,
  locate: (module: string) => Promise<PolicyInput['module']>,
): Promise<readonly PolicyProblem[]> {
  const problems = new Map<string, string>();
  const inputs = await Promise.all([...definitions].map(async ([id, definition]) => [id, definition, await located(definition.module, locate)] as const));
  for (const [id, { module }, found] of inputs) {
    if (isFault(found)) problems.set(id, `Error while downloading policy '${id}' from ${module}: ${found.message}`);
  }
  const loadable = inputs.flatMap(([id, definition, module]): [string, PolicyInput][] => (isFault(module) ? [] : [[id, { ...definition, module }]]));
  for (const [id, policy] of await runtime.load(Object.fromEntries(loadable))) {
    if (policy.kind === 'unusable') problems.set(id, bootstrapFailure(id, policy.fault.code, policy.fault.message));
  }
  const loaded = [...definitions.keys()].filter((id) => !problems.has(id));
  const settings = await Promise.all(loaded.map(async (id) => ({ id, problem: await settingsProblem(runtime, id) })));
  for (const { id, problem } of settings) if (problem !== undefined) problems.set(id, problem);
  return [...definitions.keys()].flatMap((policyId) => {
    const message = problems.get(policyId);
    return message === undefined ? [] : [{ policyId, message }];
  });
}

async function located(module: string, locate: (module: string) => Promise<PolicyInput['module']>): Promise<PolicyInput['module'] | Fault> {
  try {
    return await locate(module);
  } catch (thrown) {
    if (isFault(thrown)) return thrown;
    throw thrown;
  }
}

function bootstrapFailure(id: string, code: string, message: string): string {
  if (code === 'CAPABILITY_PATTERN_INVALID') return `bootstrap failure: invalid hostCapabilities pattern for policy ${id}: ${message}`;
  return `bootstrap failure: ${id}: ${message}`;
}

async function settingsProblem(runtime: Runtime, id: string): Promise<string | undefined> {
  try {
    const verdict = await runtime.validateSettings(id, { deadline: deadlineAfter(watchdogMs) });
    return verdict.valid ? undefined : `Policy settings are invalid: ${verdict.message ?? 'no message'}`;
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown;
    return thrown.code === 'REQUEST_DEADLINE_EXCEEDED' ? `Policy settings are invalid: their validation did not end within ${watchdogMs / 1000} seconds` : thrown.message;
  }
}
