// Reads policies.yml: YAML or JSON text to definitions (the schema is the library's).
import { isMap, isScalar, Lexer, parseDocument, Parser, visit, type Document, type Scalar } from 'yaml';
import { messageOf } from 'wasmwarden';
import { Fault, isFault, parsePolicyDefinitions, type PolicyDefinition, type PolicyId } from 'wasmwarden/policy';

/** Levels of nesting that are read: as many as JSON for guests may have. */
const maxNesting = 127;
/** The parser's stack holds an entry for each level, and two for the document. */
const maxParserStack = maxNesting + 2;
/** The parser looks for the anchor of each alias in all that comes before it: some thousands take minutes. */
const maxAliases = 200;
const tooDeep = `it is nested more than ${maxNesting} levels deep`;

/**
 * Reads the text of a policies file.
 *
 * @param path named in messages
 * @throws {Fault} `POLICIES_INVALID` with every problem
 */
export function parsePoliciesFile(text: string, path: string): ReadonlyMap<PolicyId, PolicyDefinition> {
  if (isDeep(text)) throw invalid(path, tooDeep);
  // YAML 1.2 core, as the reference reads it: `yes` is a word and merge keys are not applied. Keys are compared here: the
  // package compares each with each, which takes seconds for some thousands.
  // Tags beyond its schema are left alone: `!!set` and the like would become objects that JSON has no form for.
  const document = parseDocument(text, { version: '1.2', schema: 'core', resolveKnownTags: false, merge: false, uniqueKeys: false, intAsBigInt: true });
  const [error] = document.errors;
  if (error !== undefined) throw invalid(path, error.code === 'MULTIPLE_DOCS' ? 'it holds more than one document' : firstLine(error.message));
  // What is tagged is meant as something else than it looks like, and nobody here knows as what.
  const tag = document.warnings.find(({ code }) => code === 'TAG_RESOLVE_FAILED');
  if (tag !== undefined) throw invalid(path, firstLine(tag.message));
  if (document.contents !== null && !isMap(document.contents)) throw invalid(path, 'expected a map of policy names to policies');
  const problem = shapeProblem(document);
  if (problem !== undefined) throw invalid(path, problem);
  try {
    return parsePolicyDefinitions(withNumbers(document.toJS({ maxAliasCount: 100 }), maxNesting));
  } catch (thrown) {
    throw invalid(path, isFault(thrown) ? thrown.message : `its aliases cannot be resolved: ${firstLine(messageOf(thrown))}`, thrown);
  }
}

/** The parser shows the place over several lines; the first one names it. */
function firstLine(message: string): string {
  return message.split('\n', 1)[0]?.replace(/:$/, '') ?? '';
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

/** What is wrong with the shape of a document: each key has to be a word, once in its map, and aliases are few. */
function shapeProblem(document: Document): string | undefined {
  let problem: string | undefined;
  let aliases = 0;
  visit(document, {
    Alias() {
      aliases += 1;
      if (aliases > maxAliases) problem = `it has more than ${maxAliases} aliases`;
      return problem === undefined ? undefined : visit.BREAK;
    },
    Map(_, map) {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        const name = isScalar(key) ? keyText(key) : undefined;
        if (name === undefined) problem = 'a key is no plain text';
        else if (seen.has(name)) problem = `the key ${JSON.stringify(name)} appears twice in one map`;
        else seen.add(name);
      }
      return problem === undefined ? undefined : visit.BREAK;
    },
  });
  return problem;
}

/** The text of a key; a key that is null has none: it would become an empty one, and clash with another. */
function keyText({ value }: Scalar): string | undefined {
  const text = String(value);
  return value === null ? undefined : text;
}

/**
 * Integers as numbers where a number holds them exactly; larger ones stay `bigint` and keep their digits.
 *
 * @param room levels that may follow: aliases nest deeper than what is written
 * @throws {Fault} `POLICIES_INVALID` for what JSON, and so a guest, cannot be told
 */
function withNumbers(value: unknown, room: number): unknown {
  if (typeof value === 'bigint') return BigInt.asIntN(54, value) === value ? Number(value) : value;
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Fault('POLICIES_INVALID', `${value} is no number that JSON can hold`);
  if (typeof value !== 'object' || value === null) return value;
  if (room === 0) throw new Fault('POLICIES_INVALID', tooDeep);
  if (Array.isArray(value)) return value.map((item) => withNumbers(item, room - 1));
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withNumbers(member, room - 1)]));
}
