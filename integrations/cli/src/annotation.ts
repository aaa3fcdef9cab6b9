// Metadata made ready for a module: what the author wrote, what the module is, and what whoever annotates adds.
import { Fault } from 'wasmwarden';
import { metadataProblems, parseMetadata, type Metadata, type PolicyModule } from 'wasmwarden/policy';

import { isRegoMode } from './execution-mode.js';

/** What is added to the author's metadata. */
export interface Annotation {
  /** The version of this program. */
  readonly version: string;
  /** The text of the usage file, if one was given. */
  readonly usage: string | undefined;
}

/**
 * Reads the author's document and adds the annotations; the protocol version is still the author's.
 *
 * @throws {Fault} `METADATA_INVALID`
 */
export function annotatedMetadata(document: unknown, { version, usage }: Annotation): Metadata {
  const metadata = parsed(document);
  const annotations = {
    ...metadata.annotations,
    'io.kubewarden.kwctl': version,
    ...(usage === undefined ? {} : { 'io.kubewarden.policy.usage': usage }),
  };
  return { ...metadata, annotations: Object.fromEntries(Object.entries(annotations).sort(([a], [b]) => (a < b ? -1 : 1))) };
}

function parsed(document: unknown): Metadata {
  try {
    return parseMetadata(document);
  } catch (thrown) {
    throw thrown instanceof Fault ? new Fault('METADATA_INVALID', `Error unmarshalling metadata ${thrown.message}`, { cause: thrown }) : thrown;
  }
}

/**
 * Refuses metadata that contradicts what the module is.
 *
 * @throws {Fault} `METADATA_INVALID`
 */
export function assertModeFits({ executionMode }: Metadata, abi: PolicyModule['abi']): void {
  const isRego = abi === 'opa';
  if (isRego === isRegoMode(executionMode)) return;
  const found = isRego ? 'This policy has been created using Rego' : 'The policy has not been created using Rego';
  throw new Fault('METADATA_INVALID', `Wrong value inside of policy's metadata for 'executionMode'. ${found}`);
}

/**
 * Refuses metadata that is not fit for publishing.
 *
 * @throws {Fault} `METADATA_INVALID` with every problem
 */
export function assertPublishable(metadata: Metadata): void {
  const problems = metadataProblems(metadata);
  if (problems.length > 0) throw new Fault('METADATA_INVALID', `Metadata is invalid: ${problems.join('; ')}`);
}
