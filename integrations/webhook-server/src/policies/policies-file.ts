// Reads policies.yml: YAML or JSON text to definitions (the schema is the library's).
import { isMap, isScalar, Lexer, parseDocument, Parser, visit, type Document } from 'yaml';
import { Fault, isFault, parsePolicyDefinitions, type PolicyDefinition, type PolicyId } from 'wasmwarden/policy';

/** Levels of nesting that are read: as many as JSON for guests may have. */
const maxNesting = 127;
/** The parser's stack holds an entry for each level, and two for the document. */
const maxParserStack = maxNesting + 2;

/**
 * Reads the text of a policies file.
 *
 * @param path named in messages
 * @throws {Fault} `POLICIES_INVALID` with every problem
 */
export function parsePoliciesFile(text: string, path: string): ReadonlyMap<PolicyId, PolicyDefinition> {
  if (isDeep(text)) throw invalid(path, `it is nested more than ${maxNesting} levels deep`);
  // YAML 1.2 core, as the reference reads it: `yes` is a word and merge keys are not applied. Keys are compared here: the
  // package compares each with each, which takes seconds for some thousands.
  const document = parseDocument(text, { version: '1.2', schema: 'core', merge: false, uniqueKeys: false, intAsBigInt: true });
  const [error] = document.errors;
  if (error !== undefined) throw invalid(path, error.message.split('\n')[0] ?? 'it is not YAML');
  if (document.contents !== null && !isMap(document.contents)) throw invalid(path, 'expected a map of policy names to policies');
  const problem = keyProblem(document);
  if (problem !== undefined) throw invalid(path, problem);
  try {
    return parsePolicyDefinitions(withNumbers(document.toJS({ maxAliasCount: 100 })));
  } catch (thrown) {
    throw invalid(path, isFault(thrown) ? thrown.message : 'its aliases cannot be resolved', thrown);
  }
}

function invalid(path: string, problem: string, cause?: unknown): Fault {
  return new Fault('POLICIES_INVALID', `error while loading policies from "${path}": ${problem}`, { cause });
}

/**
 * Tells whether a text nests deeper than is read. Before anything recurses into it: a stack that overflows inside the parser
 * can end the process, and whoever may write a policy's settings must not be able to.
 */
function isDeep(text: string): boolean {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    // The tokens are of no interest, but making them is what fills the stack.
    Array.from(parser.next(lexeme));
    if (parser.stack.length > maxParserStack) return true;
  }
  return false;
}

/** What is wrong with the keys of a document: each has to be a word, once in its map. */
function keyProblem(document: Document): string | undefined {
  let problem: string | undefined;
  visit(document, {
    Map(_, map) {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        const name = isScalar(key) ? String(key.value) : undefined;
        if (name === undefined) problem = 'a key is no plain text';
        else if (seen.has(name)) problem = `the key ${JSON.stringify(name)} appears twice in one map`;
        else seen.add(name);
      }
      return problem === undefined ? undefined : visit.BREAK;
    },
  });
  return problem;
}

/**
 * Integers as numbers where a number holds them exactly; larger ones stay `bigint` and keep their digits.
 *
 * @throws {Fault} `POLICIES_INVALID` for what JSON, and so a guest, cannot be told
 */
function withNumbers(value: unknown): unknown {
  if (typeof value === 'bigint') return BigInt.asIntN(54, value) === value ? Number(value) : value;
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Fault('POLICIES_INVALID', `${value} is no number that JSON can hold`);
  if (Array.isArray(value)) return value.map(withNumbers);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withNumbers(member)]));
}
