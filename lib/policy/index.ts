// The door `wasmwarden/policy`: the policy contract as schemas and pure functions.
export { contractVersion } from './compatibility.js';
export { parsePolicyDefinition, parsePolicyDefinitions } from './definition.js';
export type { ContextAwareResource, PolicyDefinition, Settings } from './definition.js';
export { formatFieldProblems } from './field-problems.js';
export type { FieldProblem } from './field-problems.js';
export { parsePolicyId, parsePolicyName } from './identity.js';
export type { PolicyId } from './identity.js';
export { decodeMetadata, encodeMetadata, metadataSection, parseMetadata } from './metadata.js';
export type { ExecutionMode, Metadata, MetadataRule } from './metadata.js';
export { metadataProblems } from './metadata-rules.js';
export { annotateModule, moduleData, moduleReuse, readMetadata, readPolicyModule } from './module.js';
export type { ModuleReuse, PolicyModule } from './module.js';
export { Fault, isFault } from '../fault.js';
