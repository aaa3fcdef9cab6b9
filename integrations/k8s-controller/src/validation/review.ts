// The envelope of admission reviews about our own resources: read, and answered (contract 2.1).
import { z } from 'zod';

import type { CustomKind } from '../crds/group.js';
import { customResources, policiesGroup } from '../crds/group.js';
import type { PatchStep } from './defaults.js';
import { causeOf, formatFieldErrors, type FieldError, type StatusCause } from './field-error.js';

/** What is asked about an object. */
export interface ReviewRequest {
  readonly apiVersion: string;
  readonly uid: string;
  readonly kind: CustomKind;
  readonly name: string;
  readonly operation: string;
  readonly object: unknown;
  /** Absent when the object is being created. */
  readonly oldObject: unknown;
}

/** An answer, ready to be sent as JSON. */
export interface ReviewAnswer {
  readonly apiVersion: string;
  readonly kind: 'AdmissionReview';
  readonly response: {
    readonly uid: string;
    readonly allowed: boolean;
    readonly patchType?: 'JSONPatch';
    readonly patch?: string;
    readonly status?: {
      readonly code: number;
      readonly reason: string;
      readonly message: string;
      readonly details?: { readonly name: string; readonly group: string; readonly kind: string; readonly causes: readonly StatusCause[] };
    };
  };
}

const reviewSchema = z.object({
  apiVersion: z.enum(['admission.k8s.io/v1', 'admission.k8s.io/v1beta1']),
  kind: z.literal('AdmissionReview'),
  request: z.object({
    uid: z.string(),
    kind: z.object({ kind: z.string() }),
    name: z.string().default(''),
    operation: z.string(),
    object: z.unknown().optional(),
    oldObject: z.unknown().optional(),
  }),
});

/** Reads a review; a text when it is none. */
export function parseReview(document: unknown): ReviewRequest | { readonly problem: string } {
  const parsed = reviewSchema.safeParse(document);
  if (!parsed.success) return { problem: `the body is no AdmissionReview: ${parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}` };
  const { apiVersion, request } = parsed.data;
  const { kind } = request.kind;
  if (!isCustomKind(kind)) return { problem: `the review is about a ${kind}, which is judged by somebody else` };
  return { apiVersion, uid: request.uid, kind, name: request.name, operation: request.operation, object: request.object, oldObject: request.oldObject ?? undefined };
}

function isCustomKind(kind: string): kind is CustomKind {
  return Object.hasOwn(customResources, kind);
}

/** The answer that lets an object through, changed by a patch. */
export function allowedAnswer({ apiVersion, uid }: ReviewRequest, patch: readonly PatchStep[] = []): ReviewAnswer {
  const change = patch.length === 0 ? {} : { patchType: 'JSONPatch' as const, patch: Buffer.from(JSON.stringify(patch), 'utf8').toString('base64') };
  return { apiVersion, kind: 'AdmissionReview', response: { uid, allowed: true, ...change } };
}

/** The answer that refuses an object because of its fields, as the API server refuses its own. */
export function invalidAnswer({ apiVersion, uid, kind, name }: ReviewRequest, errors: readonly FieldError[]): ReviewAnswer {
  const message = `${kind}.${policiesGroup} ${JSON.stringify(name)} is invalid: ${formatFieldErrors(errors)}`;
  const details = { name, group: policiesGroup, kind, causes: errors.map(causeOf) };
  return { apiVersion, kind: 'AdmissionReview', response: { uid, allowed: false, status: { code: 422, reason: 'Invalid', message, details } } };
}

/** The answer to what is no review. */
export function malformedAnswer(code: 400 | 413, problem: string): ReviewAnswer {
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid: '', allowed: false, status: { code, reason: code === 413 ? 'RequestEntityTooLarge' : 'BadRequest', message: problem } } };
}
