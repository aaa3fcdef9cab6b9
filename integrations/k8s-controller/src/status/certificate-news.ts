// Which certificates are worth an Event: those that replace one that was there, told at the PolicyServer that they belong to.
import type { Action } from '../plan/actions.js';
import type { ObjectReference } from '../world/kubernetes-object.js';
import type { Transition } from './transitions.js';

/** Something to tell, and the object that it is about. */
export interface CertificateNews {
  readonly regarding: ObjectReference & { readonly uid: string };
  readonly transition: Transition;
}

/** What is to be told of an action that was performed; undefined where it replaced no certificate. */
export function certificateNews(action: Action): CertificateNews | undefined {
  if (action.kind !== 'mint' && action.kind !== 'mint-authority') return undefined;
  const { secret, precondition, because } = action;
  if (precondition?.uid === undefined) return undefined;
  const [owner] = secret.ownerReferences ?? [];
  const { name, namespace } = secret;
  const [reason, what] = action.kind === 'mint' ? ['CertificateReplaced', 'certificate'] : ['AuthorityReplaced', 'certificate authority'];
  return {
    regarding: owner ?? { apiVersion: 'v1', kind: 'Secret', name, uid: precondition.uid, ...(namespace === undefined ? {} : { namespace }) },
    transition: { type: 'Normal', reason, message: `The ${what} in the Secret ${name} was replaced: ${because}` },
  };
}
