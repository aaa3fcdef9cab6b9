// The kinds of Kubernetes that requests are commonly about: enough to make a request from an object alone.

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

const entry = (apiVersion: string, kind: string, resource: string, namespaced = true): KindEntry => {
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  return { group, version, kind, resource, namespaced };
};

/** The known kinds. */
export const kinds: readonly KindEntry[] = [
  entry('v1', 'Pod', 'pods'),
  entry('v1', 'Service', 'services'),
  entry('v1', 'ConfigMap', 'configmaps'),
  entry('v1', 'Secret', 'secrets'),
  entry('v1', 'ServiceAccount', 'serviceaccounts'),
  entry('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims'),
  entry('v1', 'PersistentVolume', 'persistentvolumes', false),
  entry('v1', 'ReplicationController', 'replicationcontrollers'),
  entry('v1', 'LimitRange', 'limitranges'),
  entry('v1', 'ResourceQuota', 'resourcequotas'),
  entry('v1', 'Namespace', 'namespaces', false),
  entry('v1', 'Node', 'nodes', false),
  entry('apps/v1', 'Deployment', 'deployments'),
  entry('apps/v1', 'StatefulSet', 'statefulsets'),
  entry('apps/v1', 'DaemonSet', 'daemonsets'),
  entry('apps/v1', 'ReplicaSet', 'replicasets'),
  entry('batch/v1', 'Job', 'jobs'),
  entry('batch/v1', 'CronJob', 'cronjobs'),
  entry('autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers'),
  entry('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets'),
  entry('networking.k8s.io/v1', 'Ingress', 'ingresses'),
  entry('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies'),
  entry('networking.k8s.io/v1', 'IngressClass', 'ingressclasses', false),
  entry('rbac.authorization.k8s.io/v1', 'Role', 'roles'),
  entry('rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings'),
  entry('rbac.authorization.k8s.io/v1', 'ClusterRole', 'clusterroles', false),
  entry('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'clusterrolebindings', false),
  entry('storage.k8s.io/v1', 'StorageClass', 'storageclasses', false),
  entry('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'customresourcedefinitions', false),
  entry('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', 'validatingwebhookconfigurations', false),
  entry('admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration', 'mutatingwebhookconfigurations', false),
];

/** The entry of a kind, by its `apiVersion` (such as `apps/v1`) and name. */
export function kindEntry(apiVersion: string, kind: string): KindEntry | undefined {
  return kinds.find((known) => known.kind === kind && apiVersion === (known.group === '' ? known.version : `${known.group}/${known.version}`));
}
