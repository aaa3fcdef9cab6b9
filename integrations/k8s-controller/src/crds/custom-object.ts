// From an object of the API server to a PolicyServer or a policy. What cannot be read is told as problems, not thrown: an object that
// was stored before its definition became stricter must not stop the others.
import { z } from 'zod';

import type { CustomKind, PolicyKind } from './group.js';
import { metadataSchema, type Metadata } from './metadata.js';
import { policyFields, type AdmissionPolicySpec, type ClusterAdmissionPolicySpec, type PolicyStatus } from './policy.js';
import { policyServerFields, type PolicyServerSpec, type PolicyServerStatus } from './policy-server.js';

/** A PolicyServer. */
export interface PolicyServer {
  readonly kind: 'PolicyServer';
  readonly metadata: Metadata;
  readonly spec: PolicyServerSpec;
  readonly status: PolicyServerStatus | undefined;
}

/** A cluster-wide policy. */
export interface ClusterAdmissionPolicy {
  readonly kind: 'ClusterAdmissionPolicy';
  readonly metadata: Metadata;
  readonly spec: ClusterAdmissionPolicySpec;
  readonly status: PolicyStatus | undefined;
}

/** A policy of one namespace. */
export interface AdmissionPolicy {
  readonly kind: 'AdmissionPolicy';
  readonly metadata: Metadata & { readonly namespace: string };
  readonly spec: AdmissionPolicySpec;
  readonly status: PolicyStatus | undefined;
}

/** A policy of either kind. */
export type Policy = ClusterAdmissionPolicy | AdmissionPolicy;

/** A value inside an object that is not as it must be. */
export interface FieldProblem {
  /** Dotted path, such as `spec.rules[0].operations`. */
  readonly path: string;
  readonly message: string;
}

/** What reading came to. */
export type Reading<Value> = { readonly kind: 'read'; readonly value: Value } | Unreadable;

/** An object whose spec is not as its definition says. */
export interface Unreadable {
  readonly kind: 'unreadable';
  readonly metadata: Metadata;
  readonly status: PolicyServerStatus | PolicyStatus | undefined;
  readonly problems: readonly FieldProblem[];
}

interface Raw {
  readonly metadata: Metadata;
  readonly spec: unknown;
  readonly status: unknown;
}

const rawSchema = z.object({ metadata: metadataSchema, spec: z.unknown().optional(), status: z.unknown().optional() });

/** Reads a PolicyServer. */
export function readPolicyServer(object: unknown): Reading<PolicyServer> {
  const { metadata, spec, status: given } = rawObject(object);
  const status = lenient(policyServerFields.status, given);
  return read({ metadata, status }, policyServerFields.spec, spec, (value) => ({ kind: 'PolicyServer', metadata, spec: value, status }));
}

/** Reads a policy of the given kind. */
export function readPolicy(kind: PolicyKind, object: unknown): Reading<Policy> {
  const { metadata, spec, status: given } = rawObject(object);
  const status = lenient(policyFields[kind].status, given);
  if (kind === 'ClusterAdmissionPolicy') return read({ metadata, status }, policyFields.ClusterAdmissionPolicy.spec, spec, (value) => ({ kind, metadata, spec: value, status }));
  const located = { ...metadata, namespace: metadata.namespace ?? '' };
  return read({ metadata: located, status }, policyFields.AdmissionPolicy.spec, spec, (value) => ({ kind, metadata: located, spec: value, status }));
}

/** Reads an object of any of our kinds. */
export function readCustomObject(kind: CustomKind, object: unknown): Reading<PolicyServer | Policy> {
  return kind === 'PolicyServer' ? readPolicyServer(object) : readPolicy(kind, object);
}

function rawObject(object: unknown): Raw {
  const { metadata, spec, status } = rawSchema.parse(object);
  return { metadata, spec: spec ?? {}, status };
}

function read<Spec, Value>({ metadata, status }: Pick<Unreadable, 'metadata' | 'status'>, schema: z.ZodType<Spec>, spec: unknown, make: (spec: Spec) => Value): Reading<Value> {
  const parsed = schema.safeParse(spec);
  if (parsed.success) return { kind: 'read', value: make(parsed.data) };
  return { kind: 'unreadable', metadata, status, problems: parsed.error.issues.map(({ path, message }) => ({ path: `spec${formatPath(path)}`, message })) };
}

/** A status that cannot be read is written anew. */
function lenient<Status>(schema: z.ZodType<Status>, status: unknown): Status | undefined {
  const parsed = schema.safeParse(status);
  return parsed.success ? parsed.data : undefined;
}

function formatPath(path: readonly PropertyKey[]): string {
  return path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
}
