// Reads policies.yml: YAML or JSON text to definitions (the schema is the library's).
import { isMap, parseDocument } from 'yaml';
import { Fault, isFault, parsePolicyDefinitions, type PolicyDefinition, type PolicyId } from 'wasmwarden/policy';

/**
 * Reads the text of a policies file.
 *
 * @param path named in messages
 * @throws {Fault} `POLICIES_INVALID` with every problem
 */
export function parsePoliciesFile(text: string, path: string): ReadonlyMap<PolicyId, PolicyDefinition> {
  // YAML 1.2 core, as the reference reads it: `yes` is a word, merge keys are not applied, a duplicate key is an error.
  const document = parseDocument(text, { version: '1.2', schema: 'core', merge: false, uniqueKeys: true, intAsBigInt: true });
  const [error] = document.errors;
  if (error !== undefined) throw invalid(path, error.message.split('\n')[0] ?? 'it is not YAML');
  if (document.contents !== null && !isMap(document.contents)) throw invalid(path, 'expected a map of policy names to policies');
  try {
    return parsePolicyDefinitions(withNumbers(document.toJS({ maxAliasCount: 100 })));
  } catch (thrown) {
    throw invalid(path, isFault(thrown) ? thrown.message : 'its aliases cannot be resolved', thrown);
  }
}

function invalid(path: string, problem: string, cause?: unknown): Fault {
  return new Fault('POLICIES_INVALID', `error while loading policies from "${path}": ${problem}`, { cause });
}

/** Integers as numbers where a number holds them exactly; larger ones stay `bigint` and keep their digits. */
function withNumbers(value: unknown): unknown {
  if (typeof value === 'bigint') return BigInt.asIntN(54, value) === value ? Number(value) : value;
  if (Array.isArray(value)) return value.map(withNumbers);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withNumbers(member)]));
}
