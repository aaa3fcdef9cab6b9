// The custom resource definitions, from the same schemas that the controller reads objects with. scripts/write-crds.mjs prints them
// to deploy/crds/, and a test compares.
import type { z } from 'zod';

import { customResources, policiesGroup, storageVersion, type CustomKind } from './group.js';
import { policyFields, policyFieldsV1Alpha2 } from './policy.js';
import { policyServerFields, policyServerFieldsV1Alpha2 } from './policy-server.js';
import { structuralSchema, type CoreSchemas, type StructuralSchema } from './structural-schema.js';

/** A CustomResourceDefinition. */
export type CustomResourceDefinition = Readonly<Record<string, unknown>>;

interface Fields {
  readonly spec: z.ZodType;
  readonly status: z.ZodType;
}

interface Column {
  readonly name: string;
  readonly type: 'string' | 'boolean' | 'date';
  readonly jsonPath: string;
  readonly priority?: number;
}

const deprecationWarning = 'This version is deprecated. Please, consider using v1';

const descriptions: Readonly<Record<CustomKind, string>> = {
  PolicyServer: 'A policy-server: a Deployment that evaluates the policies bound to it.',
  ClusterAdmissionPolicy: 'A policy that judges requests of the whole cluster.',
  AdmissionPolicy: 'A policy that judges requests of its own namespace.',
};

const fields: Readonly<Record<CustomKind, { readonly v1: Fields; readonly v1alpha2: Fields }>> = {
  PolicyServer: { v1: policyServerFields, v1alpha2: policyServerFieldsV1Alpha2 },
  ClusterAdmissionPolicy: { v1: policyFields.ClusterAdmissionPolicy, v1alpha2: policyFieldsV1Alpha2.ClusterAdmissionPolicy },
  AdmissionPolicy: { v1: policyFields.AdmissionPolicy, v1alpha2: policyFieldsV1Alpha2.AdmissionPolicy },
};

const serverColumns: readonly Column[] = [
  { name: 'Replicas', type: 'string', jsonPath: '.spec.replicas' },
  { name: 'Image', type: 'string', jsonPath: '.spec.image' },
];

const policyColumns: readonly (Column & { readonly since?: 'v1' })[] = [
  { name: 'Policy Server', type: 'string', jsonPath: '.spec.policyServer' },
  { name: 'Mutating', type: 'boolean', jsonPath: '.spec.mutating' },
  { name: 'BackgroundAudit', type: 'boolean', jsonPath: '.spec.backgroundAudit', since: 'v1' },
  { name: 'Mode', type: 'string', jsonPath: '.spec.mode' },
  { name: 'Observed mode', type: 'string', jsonPath: '.status.mode' },
  { name: 'Status', type: 'string', jsonPath: '.status.policyStatus' },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', since: 'v1' },
  { name: 'Severity', type: 'string', jsonPath: ".metadata.annotations['io\\.kubewarden\\.policy\\.severity']", priority: 1, since: 'v1' },
  { name: 'Category', type: 'string', jsonPath: ".metadata.annotations['io\\.kubewarden\\.policy\\.category']", priority: 1, since: 'v1' },
];

/** The definitions of all kinds, in the order of {@link customResources}. */
export function customResourceDefinitions(coreSchemas: CoreSchemas): readonly CustomResourceDefinition[] {
  return (Object.keys(customResources) as CustomKind[]).map((kind) => definition(kind, coreSchemas));
}

function definition(kind: CustomKind, coreSchemas: CoreSchemas): CustomResourceDefinition {
  const { plural, singular, shortName, scope } = customResources[kind];
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${policiesGroup}` },
    spec: {
      group: policiesGroup,
      names: { kind, listKind: `${kind}List`, plural, singular, shortNames: [shortName] },
      scope,
      versions: [version(kind, 'v1', coreSchemas), version(kind, 'v1alpha2', coreSchemas)],
    },
  };
}

function version(kind: CustomKind, name: 'v1' | 'v1alpha2', coreSchemas: CoreSchemas): StructuralSchema {
  return {
    name,
    served: true,
    storage: name === storageVersion,
    ...(name === 'v1alpha2' ? { deprecated: true, deprecationWarning } : {}),
    additionalPrinterColumns: columns(kind, name),
    subresources: { status: {} },
    schema: { openAPIV3Schema: objectSchema(descriptions[kind], fields[kind][name], coreSchemas) },
  };
}

function columns(kind: CustomKind, version: 'v1' | 'v1alpha2'): readonly Column[] {
  if (kind === 'PolicyServer') return serverColumns;
  return policyColumns.filter(({ since }) => since === undefined || since === version).map(({ name, type, jsonPath, priority }) => ({ name, type, jsonPath, ...(priority === undefined ? {} : { priority }) }));
}

/** `spec` is not required: an object without one passes, and the controller's own webhook refuses it with a reason. */
function objectSchema(description: string, { spec, status }: Fields, coreSchemas: CoreSchemas): StructuralSchema {
  return {
    description,
    type: 'object',
    properties: {
      apiVersion: { type: 'string', description: 'Version of the schema of this object.' },
      kind: { type: 'string', description: 'Kind of this object.' },
      metadata: { type: 'object' },
      spec: structuralSchema(spec, coreSchemas),
      status: structuralSchema(status, coreSchemas),
    },
  };
}
