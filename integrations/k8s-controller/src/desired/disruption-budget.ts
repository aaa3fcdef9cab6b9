// The PodDisruptionBudget of a policy-server, for those that ask for one (contract 3.5).
import type { PolicyServer } from '../crds/custom-object.js';
import { policyServerLabel, serviceSelector } from './labels.js';
import { serverObjectName } from './names.js';
import { serverMetadata } from './server-objects.js';
import { absent, present, type Wanted } from './wanted.js';

const kind = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' } as const;

/** The budget, or none. Of two limits the first wins: admission lets only one through. */
export function desiredDisruptionBudget(server: PolicyServer, namespace: string): Wanted {
  const { minAvailable, maxUnavailable } = server.spec;
  const { name } = server.metadata;
  if (minAvailable === undefined && maxUnavailable === undefined) return absent({ ...kind, name: serverObjectName(name), namespace });
  const limit = minAvailable === undefined ? { maxUnavailable } : { minAvailable };
  // Exact: changing from one limit to the other must not leave both.
  return present({ ...kind, metadata: serverMetadata(server, namespace), spec: { ...limit, selector: { matchLabels: { ...serviceSelector(name), [policyServerLabel]: name } } } }, { exact: ['spec'] });
}
