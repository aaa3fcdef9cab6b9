// The custom resources by name: group, versions, plurals, short names, scope (contract 1.1). Their fields are in the files beside.

/** The API group of all custom resources; Kubewarden's, so that existing objects keep working. */
export const policiesGroup = 'policies.kubewarden.io';

/** The version that objects are stored and read in. */
export const storageVersion = 'v1';

/** `apiVersion` of the objects as the controller reads them. */
export const policiesApiVersion = `${policiesGroup}/${storageVersion}`;

/** How a kind is called. */
export interface ResourceNames {
  readonly plural: string;
  readonly singular: string;
  readonly shortName: string;
  readonly scope: 'Cluster' | 'Namespaced';
}

/** Kinds whose objects are policies. */
export type PolicyKind = 'ClusterAdmissionPolicy' | 'AdmissionPolicy';

/** Kinds that the controller reconciles. */
export type CustomKind = 'PolicyServer' | PolicyKind;

/** The names of every kind. */
export const customResources: Readonly<Record<CustomKind, ResourceNames>> = {
  PolicyServer: { plural: 'policyservers', singular: 'policyserver', shortName: 'ps', scope: 'Cluster' },
  ClusterAdmissionPolicy: { plural: 'clusteradmissionpolicies', singular: 'clusteradmissionpolicy', shortName: 'cap', scope: 'Cluster' },
  AdmissionPolicy: { plural: 'admissionpolicies', singular: 'admissionpolicy', shortName: 'ap', scope: 'Namespaced' },
};

/** The kinds of policies, cluster-wide ones first: the order in which a policy-server's configuration is gathered. */
export const policyKinds: readonly PolicyKind[] = ['ClusterAdmissionPolicy', 'AdmissionPolicy'];
