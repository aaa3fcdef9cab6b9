// What the rules look up: the objects that a PolicyServer names, other policies, and the API server's own opinion.
import { isFault, messageOf } from 'wasmwarden';
import type { ClusterClient } from 'wasmwarden/kubernetes';

import type { Policy } from '../crds/custom-object.js';
import { formatIdentity, identityOf, policyIdOf } from '../desired/names.js';
import type { ClusterCache } from '../world/cluster-cache.js';
import { identityOfObject } from '../world/keys.js';
import type { SeenObject } from '../world/kubernetes-object.js';
import { resourceOf } from '../world/resources.js';
import type { Registry } from './judge.js';
import type { Lookup } from './policy-server.js';
import { webhookErrors } from './webhook-check.js';

/** Makes the registry that the controller's webhooks use. */
export function clusterRegistry(client: Pick<ClusterClient, 'create' | 'get'>, cache: Pick<ClusterCache, 'withPolicyId'>, namespace: string): Registry {
  const look = async <Facts>(kind: 'Secret' | 'ConfigMap', name: string, facts: (object: SeenObject) => Facts): Promise<Lookup<Facts>> => {
    try {
      return { kind: 'found', facts: facts(await client.get({ resource: resourceOf(kind), namespace, name })) };
    } catch (thrown) {
      if (!isFault(thrown)) throw thrown;
      return { kind: 'failed', problem: thrown.code === 'KUBERNETES_NOT_FOUND' ? `${kind} "${name}" not found` : messageOf(thrown) };
    }
  };
  return {
    secretType: (name) => look('Secret', name, ({ type }) => ({ type: String(type) })),
    configMapKeys: (name) => look('ConfigMap', name, ({ data }) => ({ keys: typeof data === 'object' && data !== null ? Object.keys(data) : [] })),
    otherWithId: (policy) => otherWithId(cache, policy),
    webhookErrors: (policy) => webhookErrors(client, policy, namespace),
  };
}

function otherWithId(cache: Pick<ClusterCache, 'withPolicyId'>, policy: Policy): ReturnType<Registry['otherWithId']> {
  const own = formatIdentity(identityOf(policy));
  return cache
    .withPolicyId(policyIdOf(policy))
    .map(identityOfObject)
    .find((identity) => formatIdentity(identity) !== own);
}
