// One run over a cluster: what is known of it, then its scopes (contract 7.2).
import { Fault, isFault, messageOf } from 'wasmwarden';
import type { ApiResource } from 'wasmwarden/kubernetes';
import type { AuditScope, Gaps } from 'wasmwarden/audit';

import { readKnowledge } from '../cluster/knowledge.js';
import { objectsOf, patiently } from '../cluster/patience.js';
import type { AuditConfig } from '../config.js';
import { forEachConcurrently } from './concurrently.js';
import { type Beginning, scanScope } from './scope-scan.js';
import type { Surroundings } from './surroundings.js';

const namespaces: ApiResource = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false };

/**
 * Scans what the configuration says, and gives what it did not get to see.
 *
 * @throws {Fault} what keeps whole scopes from being scanned
 */
export async function scanCluster(surroundings: Surroundings, config: AuditConfig): Promise<Gaps> {
  const { extent } = config;
  const beginning = await begin(surroundings, config);
  const unfinished = new Set<string>();
  const look = async (scope: AuditScope): Promise<void> => {
    for (const sort of await scanScope(surroundings, scope, beginning)) unfinished.add(sort);
  };
  if (extent.kind !== 'namespace') await look({ kind: 'cluster' });
  if (extent.kind === 'namespace') await look(await namespaceNamed(surroundings, extent.name));
  if (extent.kind === 'all') await eachNamespace(surroundings, config, look);
  if (surroundings.patience.signal.aborted) throw new Fault('SCAN_STOPPED', 'the scan was told to stop');
  return { unfinished, unknownGroups: beginning.knowledge.unknownGroups };
}

/** Reads what a run must know before it looks at anything. The version of the reports comes first, see `isStale`. */
export async function begin({ client, store, patience }: Surroundings, config: AuditConfig): Promise<Beginning> {
  const { extent } = config;
  const reportsVersion = store === undefined ? '' : await store.version(extent.kind === 'namespace' ? extent.name : undefined, extent.kind === 'cluster');
  const knowledge = await readKnowledge({ client, kubewardenNamespace: config.kubewardenNamespace, policyServerUrl: config.policyServerUrl, patience });
  return { knowledge, reportsVersion };
}

async function eachNamespace(surroundings: Surroundings, config: AuditConfig, look: (scope: AuditScope) => Promise<void>): Promise<void> {
  const failures: string[] = [];
  await forEachConcurrently(scannedNamespaces(surroundings, config), { count: config.parallel.namespaces }, async (scope) => {
    try {
      if (!surroundings.patience.signal.aborted) await look(scope);
    } catch (error) {
      if (!isFault(error)) throw error;
      failures.push(`${scope.name}: ${messageOf(error)}`);
    }
  });
  if (failures.length > 0) throw new Fault('SCAN_INCOMPLETE', `cannot scan ${failures.length} namespaces: ${failures.join('; ')}`);
}

/** The namespaces to be scanned, as they come. */
export async function* scannedNamespaces({ client, patience }: Surroundings, { ignoredNamespaces, kubewardenNamespace }: AuditConfig): AsyncGenerator<AuditScope & { readonly kind: 'namespace' }> {
  const left = new Set([...ignoredNamespaces, kubewardenNamespace]);
  const fieldSelector = [...left].map((name) => `metadata.name!=${name}`).join(',');
  for await (const { object } of objectsOf(client, { resource: namespaces }, { fieldSelector }, patience)) {
    yield { kind: 'namespace', name: object.metadata.name, labels: object.metadata.labels ?? {} };
  }
}

/** The namespace that alone is scanned. */
export async function namespaceNamed({ client, patience }: Surroundings, name: string): Promise<AuditScope & { readonly kind: 'namespace' }> {
  const { metadata } = await patiently(patience, () => client.get({ resource: namespaces, name }, { signal: patience.signal }));
  return { kind: 'namespace', name, labels: metadata.labels ?? {} };
}
