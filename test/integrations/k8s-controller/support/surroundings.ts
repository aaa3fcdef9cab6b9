// What a reconcile is given in tests: objects instead of a cluster, and a note of what would be done to them.
import type { Reconciled } from '../../../../integrations/k8s-controller/src/control/outcome.js';
import type { Surroundings } from '../../../../integrations/k8s-controller/src/control/surroundings.js';
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
  readonly perform?: (action: Action) => Promise<void>;
}

/** A cluster that holds some objects. */
export function surroundings(objects: readonly ApiObject[], { nowMs = now, serves = true, perform = () => Promise.resolve() }: Circumstances = {}): Surroundings {
  return {
    source: {
      cache: { all: (kind) => objects.filter((each) => each.kind === kind), find: (kind, name) => objects.find((each) => each.kind === kind && each.metadata.name === name), boundTo: () => [], ofServer: () => [], withPolicyId: () => [] },
      absence: { ofPolicy: () => undefined, ofServer: () => undefined },
      namespace,
      nowMs: () => nowMs,
    },
    writer: { perform },
    status: { write: () => Promise.resolve([]) },
    windows: { observe: () => ({ sinceChangeMs: 0, sinceDifferenceMs: 0 }), forget: () => undefined },
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
  const result = await reconcile(surroundings(objects, { ...circumstances, perform: (action) => Promise.resolve(void done.push(describe(action))) }));
  return { ...result, done };
}

function describe(action: Action): string {
  const name = 'secret' in action ? action.secret.name : 'reference' in action ? action.reference.name : action.object.metadata.name;
  return `${action.kind} ${name}`;
}
