// Policies as the metric `kubewarden_policy_total` counts them: one each, while they exist.
import { policyKinds } from '../crds/group.js';
import { policyIdOf } from '../desired/names.js';
import type { ClusterCache } from '../world/cluster-cache.js';
import { identityOfObject } from '../world/keys.js';
import { policyReading } from '../world/snapshot.js';
import type { CountedPolicy } from './metrics.js';

/** The policies that can be read. */
export function countedPolicies(cache: Pick<ClusterCache, 'all' | 'boundTo' | 'find' | 'ofServer' | 'withPolicyId'>): readonly CountedPolicy[] {
  return policyKinds
    .flatMap((kind) => cache.all(kind))
    .flatMap((object) => {
      const reading = policyReading({ cache }, identityOfObject(object));
      if (reading?.kind !== 'read') return [];
      const { spec, metadata, status } = reading.value;
      return [
        {
          name: policyIdOf(reading.value),
          policy_server: spec.policyServer,
          module: spec.module,
          mutating: String(spec.mutating),
          namespace: metadata.namespace ?? '',
          failure_policy: spec.failurePolicy ?? '',
          policy_status: status?.policyStatus ?? '',
        },
      ];
    });
}
