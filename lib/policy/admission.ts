// What arrives to be judged: an AdmissionReview's request, or a raw one. The envelope is checked strictly, `object` stays
// opaque, and the guest gets the request's exact bytes (docs/adr/0002).
import { z } from 'zod';

import { Fault } from '../fault.js';
import { decodeJson } from '../json/decode.js';
import { scanMembers, type Span } from '../json/scan.js';

import { fieldProblems, formatFieldProblems } from './field-problems.js';
import { isPlainObject } from './plain-object.js';

const groupVersionKind = z.looseObject({ group: z.string(), version: z.string(), kind: z.string() });
const groupVersionResource = z.looseObject({ group: z.string(), version: z.string(), resource: z.string() });
const text = z.string().nullish();

/** The typed part of an AdmissionRequest (contract 0.2); everything else passes through untouched. */
const requestSchema = z.looseObject({
  uid: z.string(),
  kind: groupVersionKind,
  resource: groupVersionResource,
  subResource: text,
  requestKind: groupVersionKind.nullish(),
  requestResource: groupVersionResource.nullish(),
  requestSubResource: text,
  name: text,
  namespace: text,
  operation: z.string(),
  userInfo: z.looseObject({
    username: text,
    uid: text,
    groups: z.array(z.string()).nullish(),
    extra: z.record(z.string(), z.array(z.string())).nullish(),
  }),
  dryRun: z.boolean().nullish(),
});

/** Sub-objects of a request whose keys are the engine's business: a key given twice there is refused. */
const typedMembers = ['kind', 'resource', 'requestKind', 'requestResource', 'userInfo'] as const;

/** A request about a Kubernetes object. */
export interface KubernetesRequest {
  readonly kind: 'kubernetes';
  /** The exact bytes of the request as they arrived. */
  readonly bytes: Uint8Array;
  readonly uid: string;
  readonly operation: string;
  readonly resource: { readonly group: string; readonly version: string; readonly kind: string; readonly resource: string };
  /** The kind the user asked for, before the API server converted it; for metrics. */
  readonly requestKind: string;
  readonly subResource: string | undefined;
  readonly name: string | undefined;
  readonly namespace: string | undefined;
  /** The exact bytes of `object`, which a policy may mutate; absent on DELETE. */
  readonly object: Uint8Array | undefined;
}

/** A request of any JSON shape; the whole of it may be mutated. */
export interface RawRequest {
  readonly kind: 'raw';
  readonly bytes: Uint8Array;
  /** `uid` of the request when that is a string, else empty. */
  readonly uid: string;
}

/** Something to judge. */
export type Request = KubernetesRequest | RawRequest;

/**
 * Reads an AdmissionReview: its `request` must be there, `kind` and `apiVersion` are not looked at, as in the reference.
 *
 * @throws {Fault} a `JSON_*` code when the bytes are no acceptable JSON; `REVIEW_INVALID` when a field is missing or mistyped
 */
export function parseAdmissionReview(bytes: Uint8Array): KubernetesRequest {
  const { value, span } = requestMember(bytes);
  return admissionRequest(bytes, span, value, 'request');
}

/** Reads a bare AdmissionRequest. Faults as `parseAdmissionReview`. */
export function parseAdmissionRequest(bytes: Uint8Array): KubernetesRequest {
  return admissionRequest(bytes, { start: 0, end: bytes.byteLength }, decodeJson(bytes), '');
}

/** Reads `{"request": <any JSON>}`. Faults as `parseAdmissionReview`. */
export function parseRawReview(bytes: Uint8Array): RawRequest {
  const { value, span } = requestMember(bytes);
  return { kind: 'raw', bytes: bytes.subarray(span.start, span.end), uid: uidOf(value) };
}

/** Takes any JSON document as a raw request. */
export function parseRawRequest(bytes: Uint8Array): RawRequest {
  return { kind: 'raw', bytes, uid: uidOf(decodeJson(bytes)) };
}

function requestMember(bytes: Uint8Array): { readonly value: unknown; readonly span: Span } {
  const review = decodeJson(bytes);
  if (!isPlainObject(review)) throw new Fault('REVIEW_INVALID', `invalid type: ${typeName(review)}, expected an object with a field \`request\``);
  const span = scanMembers(bytes).get('request');
  if (span === undefined) throw new Fault('REVIEW_INVALID', 'missing field `request`');
  return { value: review['request'], span };
}

function admissionRequest(bytes: Uint8Array, span: Span, value: unknown, path: string): KubernetesRequest {
  const request = checkedRequest(value, path);
  const members = envelopeMembers(bytes, span, request);
  const object = members.get('object');
  return {
    kind: 'kubernetes',
    bytes: bytes.subarray(span.start, span.end),
    uid: request.uid,
    operation: request.operation,
    resource: { group: request.resource.group, version: request.resource.version, resource: request.resource.resource, kind: request.kind.kind },
    requestKind: request.requestKind?.kind ?? '',
    subResource: request.subResource ?? undefined,
    name: request.name ?? undefined,
    namespace: request.namespace ?? undefined,
    object: object === undefined || (request['object'] ?? null) === null ? undefined : bytes.subarray(object.start, object.end),
  };
}

function checkedRequest(value: unknown, path: string): z.infer<typeof requestSchema> {
  const parsed = requestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = fieldProblems(parsed.error).map((problem) => ({ ...problem, path: [path, problem.path].filter((part) => part !== '').join('.') }));
  throw new Fault('REVIEW_INVALID', formatFieldProblems(problems), { context: { problems } });
}

/** Where the request's members stand; a key given twice, in it or in its typed members, is refused on the way. */
function envelopeMembers(bytes: Uint8Array, span: Span, request: z.infer<typeof requestSchema>): ReadonlyMap<string, Span> {
  const members = scanMembers(bytes, span.start);
  for (const name of typedMembers) {
    const member = members.get(name);
    if (member !== undefined && isPlainObject(request[name])) scanMembers(bytes, member.start);
  }
  return members;
}

function uidOf(value: unknown): string {
  const uid = isPlainObject(value) ? value['uid'] : undefined;
  return typeof uid === 'string' ? uid : '';
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
