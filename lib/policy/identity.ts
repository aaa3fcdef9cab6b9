// Policy ids: how a policy, a policy group and a group's member are addressed.
import { Fault } from '../fault.js';

/** The name a policy is evaluated under: `name`, or `group/member` for a member of a policy group. */
export type PolicyId = string & { readonly brand: 'PolicyId' };

/**
 * Reads a policy id as it stands in a URL path, already percent-decoded.
 *
 * @throws {Fault} `POLICY_ID_INVALID` for an empty name or more than one slash
 */
export function parsePolicyId(text: string): PolicyId {
  const parts = text.split('/');
  if (parts.length > 2 || parts.some((part) => part === '')) throw new Fault('POLICY_ID_INVALID', `Not a valid Policy ID: ${text}`);
  return text as PolicyId;
}

/**
 * Reads the name of an entry of policies.yml.
 *
 * @throws {Fault} `POLICY_ID_INVALID` for an empty name or one that holds a slash
 */
export function parsePolicyName(text: string): PolicyId {
  if (text.includes('/')) throw new Fault('POLICY_ID_INVALID', `policy name '${text}' contains a '/' character`);
  return parsePolicyId(text);
}
