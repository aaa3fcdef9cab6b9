// Keeps values of Secrets out of reports and logs, whatever a policy says about them.
import type { ApiObject } from '../kubernetes/api-object.js';
import type { AuditAnswer } from './answer.js';

/** A value shorter than this is in every other sentence and no secret, in characters. */
const minValueLength = 3;

/** Of longer values each line counts, such as those of a key in PEM. */
const minLineLength = 12;

const withheld = 'the message of the policy is withheld: it quotes a value of the Secret';

const decoder = new TextDecoder();

/** Tells whether an object is a Secret. */
export function isSecret({ apiVersion, kind }: Pick<ApiObject, 'apiVersion' | 'kind'>): boolean {
  return apiVersion === 'v1' && kind === 'Secret';
}

/** The answer about an object, without the message when that quotes a value of a Secret, as it is stored or decoded. */
export function withoutSecrets(object: ApiObject, answer: AuditAnswer): AuditAnswer {
  const { message } = answer;
  if (message === undefined || !isSecret(object) || !valuesOf(object).some((value) => quotes(message, value))) return answer;
  return { ...answer, message: withheld };
}

function valuesOf({ data }: ApiObject): readonly string[] {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return [];
  return Object.values(data).flatMap((value) => (typeof value === 'string' ? [value, decodedOf(value)] : []));
}

function decodedOf(base64: string): string {
  try {
    return decoder.decode(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
  } catch {
    return '';
  }
}

/** Also as a string in JSON, in which policies like to quote, and line by line. */
function quotes(message: string, value: string): boolean {
  const lines = value.split(/\r?\n/).map((line) => line.trim());
  const parts = [value, JSON.stringify(value).slice(1, -1), value.trim(), ...(lines.length > 1 ? lines.filter((line) => line.length >= minLineLength) : [])];
  return parts.some((part) => part.length >= minValueLength && message.includes(part));
}
