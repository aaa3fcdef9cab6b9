// What can be reconciled, as keys of a work queue. A key says who, never what happened.
import { z } from 'zod';

import { policyKinds, type PolicyKind } from '../crds/group.js';
import type { PolicyIdentity } from '../desired/names.js';
import type { SeenObject } from './kubernetes-object.js';

/** A subject of reconciliation. */
export type Subject =
  | { readonly kind: 'policy-server'; readonly name: string }
  | { readonly kind: 'policy'; readonly policy: PolicyIdentity }
  /** The authority, and the certificates that belong to no PolicyServer. */
  | { readonly kind: 'certificates' }
  /** The registrations of the controller's own webhooks. */
  | { readonly kind: 'own-webhooks' };

/** A subject as text: `policy-server/<name>`, `policy/<kind>/<namespace>/<name>`, `certificates`, `own-webhooks`. */
export type Key = string & { readonly key: unique symbol };

/** The key of a subject. Names of objects hold no slash. */
export function formatKey(subject: Subject): Key {
  switch (subject.kind) {
    case 'policy-server':
      return `policy-server/${subject.name}` as Key;
    case 'policy':
      return `policy/${subject.policy.kind}/${subject.policy.kind === 'AdmissionPolicy' ? subject.policy.namespace : ''}/${subject.policy.name}` as Key;
    case 'certificates':
    case 'own-webhooks':
      return subject.kind as Key;
  }
}

/** The subject of a key. */
export function parseKey(key: Key): Subject {
  const [kind, first = '', namespace = '', name = ''] = key.split('/');
  if (kind === 'policy-server') return { kind, name: first };
  if (kind === 'certificates' || kind === 'own-webhooks') return { kind };
  return { kind: 'policy', policy: identity(first, namespace, name) };
}

/** The identity of a policy of a kind. */
export function identity(kind: string, namespace: string, name: string): PolicyIdentity {
  if (!isPolicyKind(kind)) throw new Error(`'${kind}' is no kind of policy`);
  return kind === 'ClusterAdmissionPolicy' ? { kind, name } : { kind, namespace, name };
}

/** Tells whether a kind is one of policies. */
export function isPolicyKind(kind: string): kind is PolicyKind {
  return policyKinds.some((known) => known === kind);
}

const boundTo = z.object({ policyServer: z.string().default('default') }).catch({ policyServer: 'default' });

/** The PolicyServer that a policy names, also when the rest of it cannot be read. */
export function serverOfPolicy({ spec }: SeenObject): string {
  return boundTo.parse(spec).policyServer;
}

/** The identity of an object that is a policy. */
export function identityOfObject({ kind, metadata: { namespace = '', name } }: SeenObject): PolicyIdentity {
  return identity(kind, namespace, name);
}
