// What host and policy say to each other: operation names, payloads and answers (contract 0.4, 0.5, 1.4).
import { z } from 'zod';

import { Fault, isFault } from '../fault.js';
import { decodeJson } from '../json/decode.js';
import type { JsonValue } from '../json/json-value.js';
import { scanMembers } from '../json/scan.js';
import { assertValueCount } from '../json/value-count.js';

import { fieldProblems, formatFieldProblems } from './field-problems.js';
import { textMap } from './maps.js';

/** Every operation that the host ever calls on a policy. */
export const operations = { validate: 'validate', validateSettings: 'validate_settings', protocolVersion: 'protocol_version' } as const;

export type ProtocolVersion = 'v1' | 'Unknown';

/** A policy's answer to `validate`. */
export interface ValidationResponse {
  readonly accepted: boolean;
  readonly message: string | undefined;
  readonly code: number | undefined;
  /** The exact bytes of the mutated object, when the policy sent one. */
  readonly mutatedObject: Uint8Array | undefined;
  readonly auditAnnotations: Readonly<Record<string, string>> | null;
  readonly warnings: readonly string[] | null;
}

/** A policy's answer to `validate_settings`. */
export type SettingsVerdict = { readonly valid: true } | { readonly valid: false; readonly message: string | undefined };

const validationSchema = z.looseObject({
  accepted: z.boolean(),
  message: z.string().nullish(),
  code: z.int().min(0).max(65535).nullish(),
  audit_annotations: textMap.nullish(),
  warnings: z.array(z.string()).nullish(),
});
const settingsSchema = z.looseObject({ valid: z.boolean(), message: z.string().nullish() });

/**
 * Values that are read of one document: a policy may be hostile, and a thread out of JavaScript memory takes its process along.
 * The largest object that etcd takes, 1.5 MiB, has so many if each takes six bytes, its key included.
 */
export const maxValues = 250_000;

const encoder = new TextEncoder();
const requestPrefix = encoder.encode('{"request":');
const settingsPrefix = encoder.encode(',"settings":');
const closing = encoder.encode('}');

/** Where the request begins in what `encodeValidate` writes. */
export const requestStart = requestPrefix.byteLength;

/** `{"request":…,"settings":…}` around the exact bytes of both. */
export function encodeValidate(request: Uint8Array, settings: Uint8Array): Uint8Array {
  const parts = [requestPrefix, request, settingsPrefix, settings, closing];
  const payload = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    payload.set(part, offset);
    offset += part.byteLength;
  }
  return payload;
}

/**
 * Reads a policy's answer to `validate`; unknown keys are ignored, null equals absent, a key given twice is refused.
 *
 * @throws {Fault} `GUEST_ANSWER_INVALID` or a `JSON_*` code, with a message that names the problem
 */
export function decodeValidationResponse(answer: Uint8Array): ValidationResponse {
  const response = checked(validationSchema, decodeAnswer(answer));
  const member = scanMembers(answer).get('mutated_object');
  const mutated = (response['mutated_object'] ?? null) === null ? undefined : member;
  return {
    accepted: response.accepted,
    message: response.message ?? undefined,
    code: response.code ?? undefined,
    mutatedObject: mutated === undefined ? undefined : answer.subarray(mutated.start, mutated.end),
    auditAnnotations: response.audit_annotations ?? null,
    warnings: response.warnings ?? null,
  };
}

/** Reads a policy's answer to `validate_settings`. Faults as `decodeValidationResponse`. */
export function decodeSettingsVerdict(answer: Uint8Array): SettingsVerdict {
  const { valid, message } = checked(settingsSchema, decodeAnswer(answer));
  scanMembers(answer);
  return valid ? { valid } : { valid, message: message ?? undefined };
}

/**
 * Reads a policy's answer to `protocol_version`.
 *
 * @throws {Fault} `GUEST_ANSWER_INVALID` for anything but `"v1"` and `"Unknown"`
 */
export function decodeProtocolVersion(answer: Uint8Array): ProtocolVersion {
  let problem = 'expected "v1" or "Unknown"';
  try {
    const version = decodeAnswer(answer);
    if (version === 'v1' || version === 'Unknown') return version;
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown;
    problem = thrown.message;
  }
  throw new Fault('GUEST_ANSWER_INVALID', `cannot create ProtocolVersion object from ${byteList(answer)}: ${problem}`);
}

function decodeAnswer(answer: Uint8Array): JsonValue {
  assertValueCount(answer, maxValues);
  return decodeJson(answer);
}

/** The bytes as the reference prints them, no more of them than anyone reads. */
function byteList(bytes: Uint8Array): string {
  const shown = bytes.subarray(0, 64).join(', ');
  return bytes.byteLength > 64 ? `[${shown}, ...]` : `[${shown}]`;
}

function checked<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Fault('GUEST_ANSWER_INVALID', formatFieldProblems(fieldProblems(parsed.error)));
}
