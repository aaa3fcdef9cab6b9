// What a reconcile is given in tests: objects instead of a cluster, and a note of what would be done to them.
import type { Reconciled } from '../../../../integrations/k8s-controller/src/control/outcome.js';
import type { Surroundings } from '../../../../integrations/k8s-controller/src/control/surroundings.js';
import type { StatusChange } from '../../../../integrations/k8s-controller/src/apply/status-writer.js';
import { policyId } from '../../../../integrations/k8s-controller/src/desired/names.js';
import { identityOfObject, isPolicyKind, serverOfPolicy } from '../../../../integrations/k8s-controller/src/world/keys.js';
import type { Action } from '../../../../integrations/k8s-controller/src/plan/actions.js';
import type { ApiObject } from '../../../../lib/kubernetes/api-object.js';
import { defaults, namespace } from './objects.js';

export const now = Date.parse('2026-06-01T00:00:00Z');
export const service = 'kubewarden-controller-webhook-service';
export const namespaceOwner = { apiVersion: 'v1', kind: 'Namespace', name: namespace, uid: 'namespace-uid' };

/** How surroundings differ from the usual. */
export interface Circumstances {
  readonly nowMs?: number;
  /** Whether the controller's own webhooks answer. */
  readonly serves?: boolean;
  /** Milliseconds since nothing points to a policy or a server any more; undefined while something does. */
  readonly webhooksGoneMs?: number;
  /** Milliseconds for which the configuration of every server has been as it is. */
  readonly quietMs?: number;
  readonly perform?: (action: Action) => Promise<void>;
  readonly onStatus?: (change: StatusChange) => void;
}

/** A cluster that holds some objects. */
export function surroundings(objects: readonly ApiObject[], { nowMs = now, serves = true, webhooksGoneMs, quietMs = 60_000, perform = () => Promise.resolve(), onStatus = () => undefined }: Circumstances = {}): Surroundings {
  const policies = objects.filter(({ kind }) => isPolicyKind(kind));
  return {
    source: {
      cache: {
        all: (kind) => objects.filter((each) => each.kind === kind),
        find: (kind, name) => objects.find((each) => each.kind === kind && each.metadata.name === name),
        boundTo: (server) => policies.filter((policy) => serverOfPolicy(policy) === server),
        ofServer: (kind, server) => objects.filter(({ kind: own, metadata }) => own === kind && metadata.labels?.['kubewarden/policy-server'] === server),
        withPolicyId: (id) => policies.filter((policy) => policyId(identityOfObject(policy)) === id),
      },
      absence: { ofPolicy: () => webhooksGoneMs, ofServer: () => webhooksGoneMs },
      namespace,
      nowMs: () => nowMs,
    },
    writer: { perform },
    status: {
      write: (change) => {
        onStatus(change);
        return Promise.resolve([]);
      },
    },
    windows: { observe: () => ({ sinceChangeMs: quietMs, sinceDifferenceMs: quietMs }), forget: () => undefined },
    defaults: defaults(),
    service,
    finding: () => ({ now: '2026-06-01T00:00:00Z', generation: 1 }),
    ownWebhooksServe: () => Promise.resolve(serves),
    namespaceOwner: () => Promise.resolve(namespaceOwner),
  };
}

/** Reconciles what is in a cluster; tells what would be done to it, and what it came to. */
export async function reconciled(reconcile: (given: Surroundings) => Promise<Reconciled>, objects: readonly ApiObject[], circumstances: Circumstances = {}): Promise<Reconciled & { readonly done: readonly string[] }> {
  const done: string[] = [];
  const perform = async (action: Action): Promise<void> => {
    await circumstances.perform?.(action);
    done.push(describe(action));
  };
  const result = await reconcile(surroundings(objects, { ...circumstances, perform }));
  return { ...result, done };
}

function describe(action: Action): string {
  const name = 'secret' in action ? action.secret.name : 'reference' in action ? action.reference.name : action.object.metadata.name;
  return `${action.kind} ${name}`;
}
