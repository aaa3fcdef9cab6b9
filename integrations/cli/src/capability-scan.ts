// Which host capabilities a module seems to use: their names appear among its texts. A guess, good enough for a warning.
import { catalogue } from 'wasmwarden';

/** What metadata declares and a module's texts disagree on; sorted. */
export interface CapabilityFindings {
  readonly undeclared: readonly string[];
  readonly undetected: readonly string[];
}

const paths = catalogue.map(({ path }) => path);

/** Compares the capabilities that the data of a module names with the declared patterns. */
export function compareCapabilities(data: Uint8Array, declared: readonly string[]): CapabilityFindings {
  const used = usedCapabilities(data);
  return {
    undeclared: used.filter((path) => !declared.some((pattern) => covers(pattern, path))),
    undetected: [...declared].sort().filter((pattern) => !used.some((path) => covers(pattern, path))),
  };
}

/** The paths of capabilities whose namespace and operation both appear; sorted. */
export function usedCapabilities(data: Uint8Array): readonly string[] {
  const haystack = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const found = encodings.flatMap((encoding) => paths.filter((path) => uses(haystack, path, encoding)));
  return [...new Set(found)].sort();
}

/** Compilers write texts in UTF-8 or, AssemblyScript and .NET, in UTF-16; one after the other, without a mark between. */
const encodings = ['utf8', 'utf16le'] as const;
type Encoding = (typeof encodings)[number];

function uses(data: Buffer, path: string, encoding: Encoding): boolean {
  const [namespace, operation] = splitPath(path);
  // Needles are bytes: a search for text in UTF-16 would look at even offsets only.
  return data.includes(Buffer.from(namespace, encoding)) && standsAlone(data, operation, encoding);
}

/** Tells whether an operation appears other than as the beginning of a longer one. */
function standsAlone(data: Buffer, operation: string, encoding: Encoding): boolean {
  const needle = Buffer.from(operation, encoding);
  const longer = paths.map((path) => splitPath(path)[1]).filter((other) => other !== operation && other.startsWith(operation)).map((other) => Buffer.from(other, encoding));
  for (let at = data.indexOf(needle); at >= 0; at = data.indexOf(needle, at + 1)) {
    if (!longer.some((other) => data.subarray(at, at + other.length).equals(other))) return true;
  }
  return false;
}

function splitPath(path: string): readonly [namespace: string, operation: string] {
  const slash = path.indexOf('/');
  return [path.slice(0, slash), path.slice(slash + 1)];
}

function covers(pattern: string, path: string): boolean {
  if (pattern === '*' || pattern === path) return true;
  return pattern.endsWith('/*') && path.startsWith(pattern.slice(0, -1));
}
