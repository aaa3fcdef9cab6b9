// What a policy-server leaves behind when it ends because of its policies: `{"policies":[{"policyId","message"}],"omitted":n}`.
// Written by the policy-server, in /dev/termination-log.
import { z } from 'zod';

const schema = z.object({ policies: z.array(z.object({ policyId: z.string(), message: z.string() })), omitted: z.int().optional() });

/** What is wrong with each policy, by its id; a problem of the server itself has the empty id. Undefined when the text is something else. */
export function parseTerminationMessage(text: string): ReadonlyMap<string, string> | undefined {
  const parsed = schema.safeParse(json(text));
  return parsed.success ? new Map(parsed.data.policies.map(({ policyId, message }) => [policyId, message])) : undefined;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
