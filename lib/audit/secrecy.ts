// Keeps values of Secrets out of reports and logs, whatever a policy says about them.
import type { ApiObject } from '../kubernetes/api-object.js';
import type { AuditAnswer } from './answer.js';

/** A value shorter than this is in every other sentence and no secret, in characters. */
const minValueLength = 3;

/** So many characters in a row of a value are not told either, such as a line of a key or the beginning of a password. */
const tellingLength = 12;

const withheld = 'the message of the policy is withheld: it quotes a value of the Secret';

const decoder = new TextDecoder();

/** Tells whether an object is a Secret. */
export function isSecret({ apiVersion, kind }: Pick<ApiObject, 'apiVersion' | 'kind'>): boolean {
  return apiVersion === 'v1' && kind === 'Secret';
}

/** The answer about an object, without the message when that quotes a value of a Secret, as it is stored or decoded. */
export function withoutSecrets(object: ApiObject, answer: AuditAnswer): AuditAnswer {
  const { message } = answer;
  if (message === undefined || !isSecret(object) || !quotesAny(message, valuesOf(object))) return answer;
  return { ...answer, message: withheld };
}

function valuesOf({ data }: ApiObject): readonly string[] {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return [];
  return Object.values(data).flatMap((value) => (typeof value === 'string' ? [value, value.replace(/=+$/, ''), decodedOf(value)] : []));
}

function decodedOf(base64: string): string {
  try {
    return decoder.decode(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
  } catch {
    return '';
  }
}

/** Tells whether a text holds a value or a telling part of it, as it is or as a string in JSON, in which policies like to quote. */
function quotesAny(message: string, values: readonly string[]): boolean {
  return [message, withoutEscapes(message)].some((text) => {
    const parts = partsOf(text);
    return values.some((value) => holdsAll(text, value) || holdsPart(parts, value));
  });
}

function holdsAll(text: string, value: string): boolean {
  const bare = value.trim();
  return bare.length >= minValueLength && text.includes(bare);
}

function holdsPart(parts: ReadonlySet<string>, value: string): boolean {
  for (let start = 0; start + tellingLength <= value.length; start += 1) if (parts.has(value.slice(start, start + tellingLength))) return true;
  return false;
}

function partsOf(text: string): ReadonlySet<string> {
  const parts = new Set<string>();
  for (let start = 0; start + tellingLength <= text.length; start += 1) parts.add(text.slice(start, start + tellingLength));
  return parts;
}

const escaped: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

/** JSON's escapes undone; Go escapes `<`, `>` and `&` too. */
function withoutEscapes(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (_, code: string | undefined, letter: string | undefined) => (code === undefined ? (escaped[letter ?? ''] ?? letter ?? '') : String.fromCharCode(parseInt(code, 16))));
}
