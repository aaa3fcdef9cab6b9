// A policy's answer as a test wants to look at it: accepted or not, with which words, and what became of the object.
import { decodeJson } from '../json/decode.js';
import type { AdmissionResponse } from '../policy/response.js';

/** One operation of a JSON Patch. */
export interface PatchOperation {
  readonly op: string;
  readonly path: string;
  readonly value?: unknown;
}

/** What a policy made of a request. */
export interface Verdict {
  readonly accepted: boolean;
  readonly message: string | undefined;
  readonly code: number | undefined;
  readonly warnings: readonly string[];
  readonly auditAnnotations: Readonly<Record<string, string>>;
  /** Empty when nothing was mutated. */
  readonly patch: readonly PatchOperation[];
  /** The object after the patch; the object itself when nothing was mutated. */
  readonly object: unknown;
  /** The response as the engine gives it. */
  readonly response: AdmissionResponse;
}

/** Makes a verdict of a response; `base` is what the patch applies to. */
export function verdictOf(response: AdmissionResponse, base: unknown): Verdict {
  const patch = response.patch === undefined ? [] : (decodeJson(Uint8Array.from(atob(response.patch), (char) => char.charCodeAt(0))) as unknown as readonly PatchOperation[]);
  return {
    accepted: response.allowed,
    message: response.status?.message,
    code: response.status?.code,
    warnings: response.warnings ?? [],
    auditAnnotations: response.auditAnnotations ?? {},
    patch,
    object: patch.reduce(applied, structuredClone(base)),
    response,
  };
}

type Container = Record<string, unknown> | unknown[];

/** The document after one operation; the engine's patches hold `add`, `remove` and `replace` only. */
function applied(document: unknown, { op, path, value }: PatchOperation): unknown {
  if (path === '') return value;
  const keys = path.slice(1).split('/').map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = keys.pop() ?? '';
  const parent = keys.reduce<unknown>((node, key) => Reflect.get(node as Container, key), document) as Container;
  if (Array.isArray(parent)) parent.splice(Number(last), op === 'add' ? 0 : 1, ...(op === 'remove' ? [] : [value]));
  else if (op === 'remove') Reflect.deleteProperty(parent, last);
  else Object.defineProperty(parent, last, { value, writable: true, enumerable: true, configurable: true });
  return document;
}
