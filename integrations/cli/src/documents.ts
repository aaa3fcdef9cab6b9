// YAML and JSON texts to values. Guards against documents that would crash or stall the parser come first: the `yaml`
// package recurses per level, so deep nesting could end the process, and its own check for duplicate keys is quadratic.
import { isScalar, Lexer, parseAllDocuments, Parser, visit, type Document } from 'yaml';
import { Fault, messageOf } from 'wasmwarden';

/** Levels of nesting that are read: as many as the JSON reader takes. */
const maxNesting = 127;
/** The parser's stack holds an entry for each level, and two for the document. */
const maxParserStack = maxNesting + 2;
/** The parser looks for the anchor of each alias in all that comes before it: some thousands take minutes. */
const maxAliases = 200;

/**
 * Reads a text of exactly one document, YAML or JSON; an empty one is `null`.
 *
 * @param what begins the messages: `the settings 'x.yml'`
 * @throws {Fault} `DOCUMENT_INVALID`
 */
export function parseDocument(bytes: Uint8Array, what: string): unknown {
  const documents = parseDocuments(bytes, what);
  if (documents.length > 1) throw invalid(what, `it holds ${documents.length} documents, expected one`);
  return documents[0] ?? null;
}

/** Reads a text of any number of documents; empty ones are left out. Faults as `parseDocument`. */
export function parseDocuments(bytes: Uint8Array, what: string): readonly unknown[] {
  const text = decodeText(bytes, what);
  const documents = quickJson(text, what) ?? yamlDocuments(text, what);
  for (const document of documents) assertJson(document, what, maxNesting);
  return documents;
}

function decodeText(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw invalid(what, 'its bytes are not UTF-8', cause);
  }
}

/** JSON is YAML, and `JSON.parse` is many times faster; integers that a double may not hold are left to YAML. */
function quickJson(text: string, what: string): readonly unknown[] | undefined {
  if (/\d{16}/.test(text)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const repeated = repeatedKey(text);
  if (repeated !== undefined) throw keyTwice(what, repeated);
  return [value];
}

/** A key that one object of a well-formed JSON text holds twice; `JSON.parse` keeps the last one without a word. */
function repeatedKey(json: string): unknown {
  const open: (Set<unknown> | undefined)[] = [];
  let previous = '';
  for (const [token] of json.matchAll(/"(?:[^"\\]+|\\.)*"|[{}[\]:]/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(undefined);
    else if (token === '}' || token === ']') open.pop();
    else if (token === ':') {
      const key: unknown = JSON.parse(previous);
      const keys = open.at(-1);
      if (keys?.has(key) === true) return key;
      keys?.add(key);
    }
    previous = token;
  }
  return undefined;
}

function yamlDocuments(text: string, what: string): readonly unknown[] {
  assertShallow(text, what);
  // YAML 1.2 core, as the reference reads it: `yes` is a word and merge keys are not applied. Tags beyond the schema are left
  // alone: `!!set` and the like would become objects that JSON has no form for.
  const options = { version: '1.2', schema: 'core', resolveKnownTags: false, merge: false, uniqueKeys: false, intAsBigInt: true, logLevel: 'silent', prettyErrors: true } as const;
  const documents = parseAllDocuments(text, options);
  if (!Array.isArray(documents)) return [];
  return documents.map((document: Document) => valueOf(document, what)).filter((value) => value !== null);
}

/** Refuses deep nesting before anything recurses into it. */
function assertShallow(text: string, what: string): void {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    // The tokens are of no interest, but making them is what fills the stack.
    Array.from(parser.next(lexeme));
    if (parser.stack.length > maxParserStack) throw tooDeep(what);
  }
}

function valueOf(document: Document, what: string): unknown {
  const [error] = document.errors;
  if (error !== undefined) throw invalid(what, firstLine(error.message));
  // What is tagged is meant as something else than it looks like, and nobody here knows as what.
  const tag = document.warnings.find(({ code }) => code === 'TAG_RESOLVE_FAILED');
  if (tag !== undefined) throw invalid(what, firstLine(tag.message));
  assertShape(document, what);
  try {
    return withNumbers(document.toJS({ maxAliasCount: 100 }), maxNesting, what);
  } catch (thrown) {
    throw thrown instanceof Fault ? thrown : invalid(what, firstLine(messageOf(thrown)), thrown);
  }
}

/**
 * Keys must be words, each once in its map: a map as a key has no JSON, and its text grows with every level of nesting. And
 * aliases must be few.
 */
function assertShape(document: Document, what: string): void {
  let aliases = 0;
  visit(document, {
    Alias() {
      aliases += 1;
      if (aliases > maxAliases) throw invalid(what, `it has more than ${maxAliases} aliases`);
    },
    Map(_, map) {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        if (!isScalar(key)) throw invalid(what, 'it has a key that is no plain text');
        const name = String(key.value);
        if (seen.has(name)) throw keyTwice(what, name);
        seen.add(name);
      }
    },
  });
}

/** Integers as numbers where a number holds them exactly; larger ones stay `bigint` and keep their digits. */
function withNumbers(value: unknown, room: number, what: string): unknown {
  if (typeof value === 'bigint') return BigInt.asIntN(54, value) === value ? Number(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (room === 0) throw tooDeep(what);
  if (Array.isArray(value)) return value.map((item) => withNumbers(item, room - 1, what));
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withNumbers(member, room - 1, what)]));
}

/** Refuses what JSON cannot say. */
function assertJson(value: unknown, what: string, room: number): void {
  if (typeof value === 'number' && !Number.isFinite(value)) throw invalid(what, `${value} is no number that JSON can hold`);
  if (typeof value === 'string' && isBroken(value)) throw brokenText(what);
  if (typeof value !== 'object' || value === null) return;
  if (room === 0) throw tooDeep(what);
  for (const [key, member] of Object.entries(value)) {
    if (isBroken(key)) throw brokenText(what);
    assertJson(member, what, room - 1);
  }
}

function keyTwice(what: string, key: unknown): Fault {
  return invalid(what, `the key ${JSON.stringify(key)} appears twice in one map`);
}

const isBroken = (text: string): boolean => /\p{Surrogate}/u.test(text);

function brokenText(what: string): Fault {
  return invalid(what, 'a text holds half a surrogate pair, which is no character');
}

function tooDeep(what: string): Fault {
  return invalid(what, `it is nested more than ${maxNesting} levels deep`);
}

/** The parser shows the place over several lines; the first one names it. */
function firstLine(message: string): string {
  return message.split('\n', 1)[0]?.replace(/:$/, '') ?? '';
}

function invalid(what: string, problem: string, cause?: unknown): Fault {
  return new Fault('DOCUMENT_INVALID', `Cannot read ${what}: ${problem}.`, { cause });
}
