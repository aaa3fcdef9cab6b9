// Policies from the YAML that is applied to a cluster: the custom resources of `policies.kubewarden.io/v1` (contract 7.3).
// Only what an evaluation needs is read; the rest is the cluster's business.
import { Fault, isFault } from 'wasmwarden';
import { parsePolicyDefinition, type PolicyDefinition } from 'wasmwarden/policy';

/** A policy of a manifest, with the name it is judged under. */
export interface ManifestPolicy {
  readonly id: string;
  readonly definition: PolicyDefinition;
}

const apiVersion = 'policies.kubewarden.io/v1';
const kinds = ['AdmissionPolicy', 'ClusterAdmissionPolicy', 'AdmissionPolicyGroup', 'ClusterAdmissionPolicyGroup'] as const;
type ManifestKind = (typeof kinds)[number];

/**
 * Reads the documents of a manifest, in order.
 *
 * @throws {Fault} `MANIFEST_INVALID`
 */
export function parseManifests(documents: readonly unknown[]): readonly ManifestPolicy[] {
  if (documents.length === 0) throw invalid('it holds no policy');
  const names = new Map<string, number>();
  return documents.map((document, index) => {
    const { name, definition } = placed(documents.length === 1 ? '' : `document ${index + 1}: `, () => parseManifest(document));
    const count = (names.get(name) ?? 0) + 1;
    names.set(name, count);
    // Policies of different namespaces may share a name; they are told apart by their place.
    return { id: count === 1 ? name : `${name} (${count})`, definition };
  });
}

/** Says of several documents which one is wrong. */
function placed<Read>(place: string, read: () => Read): Read {
  try {
    return read();
  } catch (thrown) {
    throw isFault(thrown) ? new Fault(thrown.code, `${place}${thrown.message}`, { cause: thrown }) : thrown;
  }
}

function parseManifest(document: unknown): { readonly name: string; readonly definition: PolicyDefinition } {
  const manifest = mapOf(document);
  if (manifest === undefined) throw invalid('a document is no map with apiVersion, kind, metadata and spec');
  if (manifest['apiVersion'] !== apiVersion) throw invalid(`invalid apiVersion ${shown(manifest['apiVersion'])}, expected ${apiVersion}`);
  const kind = kinds.find((known) => known === manifest['kind']);
  if (kind === undefined) throw invalid(`unknown kind ${shown(manifest['kind'])}, not a Kubewarden policy`);
  const name = mapOf(manifest['metadata'])?.['name'];
  if (name !== undefined && name !== null && typeof name !== 'string') throw invalid(`cannot parse value into ${kind}: metadata.name: expected a string`);
  if ((manifest['spec'] ?? null) === null) throw invalid(`CRD does not have spec, but it is required for ${kind}`);
  return { name: name ?? 'crd-without-name', definition: definitionOf(kind, manifest['spec']) };
}

function definitionOf(kind: ManifestKind, value: unknown): PolicyDefinition {
  const spec = mapOf(value);
  if (spec === undefined) throw invalid(`cannot parse value into ${kind}: spec: expected a map`);
  if (kind.endsWith('Group')) throw new Fault('MANIFEST_UNSUPPORTED', `${kind}: policy groups are not built yet; run each member as a policy of its own`);
  try {
    return parsePolicyDefinition({
      module: spec['module'],
      ...given('policyMode', spec['mode']),
      ...given('allowedToMutate', spec['mutating']),
      ...given('message', spec['message']),
      ...given('settings', spec['settings']),
      ...given('timeoutEvalSeconds', spec['timeoutEvalSeconds']),
      // Only policies of the whole cluster may read it.
      ...(kind === 'ClusterAdmissionPolicy' ? given('contextAwareResources', spec['contextAwareResources']) : {}),
    });
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown;
    throw invalid(`cannot parse value into ${kind}: spec: ${inManifestWords(thrown.message)}`, thrown);
  }
}

/** A message about fields with the names that they have in a manifest. */
function inManifestWords(message: string): string {
  return message.replace(/(?<=^|; )policyMode(?=:)/g, 'mode').replace(/(?<=^|; )allowedToMutate(?=:)/g, 'mutating');
}

/** A member for a key whose value is not null. */
function given(key: string, value: unknown): Readonly<Record<string, unknown>> {
  return (value ?? null) === null ? {} : { [key]: value };
}

function mapOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : undefined;
}

function shown(value: unknown): string {
  if (value === undefined) return '(none)';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function invalid(message: string, cause?: unknown): Fault {
  return new Fault('MANIFEST_INVALID', message, { cause });
}
