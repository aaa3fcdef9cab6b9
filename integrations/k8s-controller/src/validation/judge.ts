// What is said about an object of ours before it is stored: reads it, looks up what it names, and applies the rules.
import { z } from 'zod';

import { readPolicy, readPolicyServer, type Policy, type PolicyServer, type Reading, type Unreadable } from '../crds/custom-object.js';
import type { PolicyIdentity } from '../desired/names.js';
import type { OwnPurpose } from '../desired/own-webhooks.js';
import { defaultsPatch } from './defaults.js';
import { invalid, type FieldError } from './field-error.js';
import { policyErrors } from './policy.js';
import { policyServerErrors, type Lookup, type PolicyServerFacts } from './policy-server.js';
import { allowedAnswer, invalidAnswer, type ReviewAnswer, type ReviewRequest } from './review.js';
import { isSameValue } from './same-value.js';

/** What has to be looked up to judge an object. */
export interface Registry {
  secretType(name: string): Promise<Lookup<{ readonly type: string }>>;
  configMapKeys(name: string): Promise<Lookup<{ readonly keys: readonly string[] }>>;
  /** A policy with an id, when it is another one than the policy asked about. */
  otherWithId(policy: Policy): PolicyIdentity | undefined;
  /** What the API server has against the webhook that a policy would get. */
  webhookErrors(policy: Policy): Promise<readonly FieldError[]>;
}

const givenSchema = z.looseObject({
  metadata: z.looseObject({ deletionTimestamp: z.string().optional(), finalizers: z.array(z.string()).nullish() }).optional(),
  spec: z.looseObject({}).nullish(),
});

/** The answer to a review. */
export async function judge(purpose: OwnPurpose, request: ReviewRequest, registry: Registry): Promise<ReviewAnswer> {
  if (purpose === 'mutate') return allowedAnswer(request, patchFor(request));
  if (isLeaving(request)) return allowedAnswer(request);
  const errors = request.kind === 'PolicyServer' ? await serverErrors(request, registry) : await errorsOfPolicy(request, request.kind, registry);
  return errors.length === 0 ? allowedAnswer(request) : invalidAnswer(request, errors);
}

function patchFor({ kind, object }: ReviewRequest): ReturnType<typeof defaultsPatch> {
  const given = givenSchema.safeParse(object);
  if (!given.success) return [];
  const { deletionTimestamp, finalizers } = given.data.metadata ?? {};
  return defaultsPatch(kind, { metadata: { ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }), ...(finalizers === undefined ? {} : { finalizers }) }, ...(given.data.spec === undefined ? {} : { spec: given.data.spec }) });
}

async function serverErrors({ object, oldObject }: ReviewRequest, registry: Registry): Promise<readonly FieldError[]> {
  const [reading, old] = [readPolicyServer(object), stored(oldObject, readPolicyServer)];
  if (reading.kind === 'unreadable') return problems(reading);
  return policyServerErrors(reading.value, old, await serverFacts(reading.value, registry));
}

async function serverFacts({ spec: { imagePullSecret = '', sigstoreTrustConfig = '' } }: PolicyServer, registry: Registry): Promise<PolicyServerFacts> {
  const [pullSecret, trustConfig] = await Promise.all([
    imagePullSecret === '' ? undefined : registry.secretType(imagePullSecret),
    sigstoreTrustConfig === '' ? undefined : registry.configMapKeys(sigstoreTrustConfig),
  ]);
  return { pullSecret, trustConfig };
}

async function errorsOfPolicy({ object, oldObject }: ReviewRequest, kind: Policy['kind'], registry: Registry): Promise<readonly FieldError[]> {
  const [reading, old] = [readPolicy(kind, object), stored(oldObject, (value) => readPolicy(kind, value))];
  if (reading.kind === 'unreadable') return problems(reading);
  const policy = reading.value;
  const sameId = old === undefined ? registry.otherWithId(policy) : undefined;
  const errors = policyErrors(policy, old, { sameId, webhookErrors: [] });
  // What is wrong already would only be told a second time, in other words; what has not changed was accepted before.
  if (errors.length > 0 || (old !== undefined && hasSameSpec(policy, old))) return errors;
  return registry.webhookErrors(policy);
}

function stored<Value>(object: unknown, read: (object: unknown) => Reading<Value>): Value | undefined {
  if (object === undefined) return undefined;
  const reading = read(object);
  return reading.kind === 'read' ? reading.value : undefined;
}

/** An object that is being deleted and otherwise stays as it is, readable or not: nothing may keep its finalizer from being removed (C5). */
function isLeaving({ object, oldObject }: ReviewRequest): boolean {
  const [given, old] = [givenSchema.safeParse(object), givenSchema.safeParse(oldObject)];
  return given.success && old.success && given.data.metadata?.deletionTimestamp !== undefined && hasSameSpec(given.data, old.data);
}

function hasSameSpec(object: { readonly spec?: unknown }, old: { readonly spec?: unknown }): boolean {
  return isSameValue(object.spec ?? {}, old.spec ?? {});
}

function problems(reading: Unreadable): readonly FieldError[] {
  return reading.problems.map(({ path, message }) => invalid(path, '', message));
}
