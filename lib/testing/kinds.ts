// The kinds of Kubernetes that requests are about: enough to make a request from an object alone.

/** Where objects of a kind live. */
export interface KindEntry {
  /** API group; empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** The plural name in URLs and rules. */
  readonly resource: string;
  readonly namespaced: boolean;
}

const entry = (apiVersion: string, kind: string, resource: string, scope: 'namespaced' | 'cluster' = 'namespaced'): KindEntry => {
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  return { group, version, kind, resource, namespaced: scope === 'namespaced' };
};

/** The known kinds: those of Kubernetes 1.34 that are stored or reviewed under a name of their own, and Kubewarden's. */
export const kinds: readonly KindEntry[] = [
  entry('v1', 'Pod', 'pods'),
  entry('v1', 'PodTemplate', 'podtemplates'),
  entry('v1', 'ReplicationController', 'replicationcontrollers'),
  entry('v1', 'Service', 'services'),
  entry('v1', 'Endpoints', 'endpoints'),
  entry('v1', 'ConfigMap', 'configmaps'),
  entry('v1', 'Secret', 'secrets'),
  entry('v1', 'ServiceAccount', 'serviceaccounts'),
  entry('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims'),
  entry('v1', 'PersistentVolume', 'persistentvolumes', 'cluster'),
  entry('v1', 'LimitRange', 'limitranges'),
  entry('v1', 'ResourceQuota', 'resourcequotas'),
  entry('v1', 'Event', 'events'),
  entry('v1', 'Binding', 'bindings'),
  entry('v1', 'Namespace', 'namespaces', 'cluster'),
  entry('v1', 'Node', 'nodes', 'cluster'),
  entry('v1', 'ComponentStatus', 'componentstatuses', 'cluster'),
  entry('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', 'validatingwebhookconfigurations', 'cluster'),
  entry('admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration', 'mutatingwebhookconfigurations', 'cluster'),
  entry('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy', 'validatingadmissionpolicies', 'cluster'),
  entry('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicyBinding', 'validatingadmissionpolicybindings', 'cluster'),
  entry('admissionregistration.k8s.io/v1beta1', 'MutatingAdmissionPolicy', 'mutatingadmissionpolicies', 'cluster'),
  entry('admissionregistration.k8s.io/v1beta1', 'MutatingAdmissionPolicyBinding', 'mutatingadmissionpolicybindings', 'cluster'),
  entry('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'customresourcedefinitions', 'cluster'),
  entry('apiregistration.k8s.io/v1', 'APIService', 'apiservices', 'cluster'),
  entry('apps/v1', 'Deployment', 'deployments'),
  entry('apps/v1', 'StatefulSet', 'statefulsets'),
  entry('apps/v1', 'DaemonSet', 'daemonsets'),
  entry('apps/v1', 'ReplicaSet', 'replicasets'),
  entry('apps/v1', 'ControllerRevision', 'controllerrevisions'),
  entry('authentication.k8s.io/v1', 'TokenReview', 'tokenreviews', 'cluster'),
  entry('authentication.k8s.io/v1', 'SelfSubjectReview', 'selfsubjectreviews', 'cluster'),
  entry('authorization.k8s.io/v1', 'SubjectAccessReview', 'subjectaccessreviews', 'cluster'),
  entry('authorization.k8s.io/v1', 'SelfSubjectAccessReview', 'selfsubjectaccessreviews', 'cluster'),
  entry('authorization.k8s.io/v1', 'SelfSubjectRulesReview', 'selfsubjectrulesreviews', 'cluster'),
  entry('authorization.k8s.io/v1', 'LocalSubjectAccessReview', 'localsubjectaccessreviews'),
  entry('autoscaling/v1', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers'),
  entry('autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers'),
  entry('batch/v1', 'Job', 'jobs'),
  entry('batch/v1', 'CronJob', 'cronjobs'),
  entry('certificates.k8s.io/v1', 'CertificateSigningRequest', 'certificatesigningrequests', 'cluster'),
  entry('certificates.k8s.io/v1beta1', 'ClusterTrustBundle', 'clustertrustbundles', 'cluster'),
  entry('coordination.k8s.io/v1', 'Lease', 'leases'),
  entry('discovery.k8s.io/v1', 'EndpointSlice', 'endpointslices'),
  entry('events.k8s.io/v1', 'Event', 'events'),
  entry('flowcontrol.apiserver.k8s.io/v1', 'FlowSchema', 'flowschemas', 'cluster'),
  entry('flowcontrol.apiserver.k8s.io/v1', 'PriorityLevelConfiguration', 'prioritylevelconfigurations', 'cluster'),
  entry('networking.k8s.io/v1', 'Ingress', 'ingresses'),
  entry('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies'),
  entry('networking.k8s.io/v1', 'IngressClass', 'ingressclasses', 'cluster'),
  entry('networking.k8s.io/v1', 'IPAddress', 'ipaddresses', 'cluster'),
  entry('networking.k8s.io/v1', 'ServiceCIDR', 'servicecidrs', 'cluster'),
  entry('node.k8s.io/v1', 'RuntimeClass', 'runtimeclasses', 'cluster'),
  entry('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets'),
  entry('rbac.authorization.k8s.io/v1', 'Role', 'roles'),
  entry('rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings'),
  entry('rbac.authorization.k8s.io/v1', 'ClusterRole', 'clusterroles', 'cluster'),
  entry('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'clusterrolebindings', 'cluster'),
  entry('resource.k8s.io/v1', 'ResourceClaim', 'resourceclaims'),
  entry('resource.k8s.io/v1', 'ResourceClaimTemplate', 'resourceclaimtemplates'),
  entry('resource.k8s.io/v1', 'ResourceSlice', 'resourceslices', 'cluster'),
  entry('resource.k8s.io/v1', 'DeviceClass', 'deviceclasses', 'cluster'),
  entry('scheduling.k8s.io/v1', 'PriorityClass', 'priorityclasses', 'cluster'),
  entry('storage.k8s.io/v1', 'StorageClass', 'storageclasses', 'cluster'),
  entry('storage.k8s.io/v1', 'VolumeAttachment', 'volumeattachments', 'cluster'),
  entry('storage.k8s.io/v1', 'VolumeAttributesClass', 'volumeattributesclasses', 'cluster'),
  entry('storage.k8s.io/v1', 'CSIDriver', 'csidrivers', 'cluster'),
  entry('storage.k8s.io/v1', 'CSINode', 'csinodes', 'cluster'),
  entry('storage.k8s.io/v1', 'CSIStorageCapacity', 'csistoragecapacities'),
  entry('policies.kubewarden.io/v1', 'PolicyServer', 'policyservers', 'cluster'),
  entry('policies.kubewarden.io/v1', 'ClusterAdmissionPolicy', 'clusteradmissionpolicies', 'cluster'),
  entry('policies.kubewarden.io/v1', 'ClusterAdmissionPolicyGroup', 'clusteradmissionpolicygroups', 'cluster'),
  entry('policies.kubewarden.io/v1', 'AdmissionPolicy', 'admissionpolicies'),
  entry('policies.kubewarden.io/v1', 'AdmissionPolicyGroup', 'admissionpolicygroups'),
];

/** The entry of a kind, by its `apiVersion` (such as `apps/v1`) and name. */
export function kindEntry(apiVersion: string, kind: string): KindEntry | undefined {
  return kinds.find((known) => known.kind === kind && apiVersion === (known.group === '' ? known.version : `${known.group}/${known.version}`));
}
