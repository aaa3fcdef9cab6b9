// PolicyServer: the schema of its fields, from which the definition is generated and which the controller reads objects with.
// Fields without a default here get theirs where the Deployment is built (contract 1.3).
import { z } from 'zod';

import { conditionList } from './conditions.js';
import { coreObject, envVar, intOrString, port, resourceList, stringMap } from './schema-parts.js';

const spec = z.object({
  image: z.string().meta({ description: 'Container image of the policy-server.' }),
  replicas: z.int32().meta({ description: 'Number of Pods. Left alone while a HorizontalPodAutoscaler targets the Deployment.' }),
  minAvailable: intOrString.optional().meta({ description: 'Pods that a disruption must leave, as a number or a percentage. Not together with maxUnavailable.' }),
  maxUnavailable: intOrString.optional().meta({ description: 'Pods that a disruption may take, as a number or a percentage. Not together with minAvailable.' }),
  annotations: stringMap.optional().meta({ description: 'Annotations of the Deployment and its Pods.' }),
  labels: stringMap.optional().meta({ description: "Labels of the Deployment and its Pods; the controller's own win." }),
  env: z.array(envVar).optional().meta({ description: "Environment variables of the container, behind the controller's own." }),
  serviceAccountName: z.string().optional().meta({ description: "ServiceAccount of the Pods, in the controller's namespace; decides what context-aware policies may read." }),
  imagePullSecret: z.string().optional().meta({ description: 'Secret of type kubernetes.io/dockerconfigjson that policies are pulled with.' }),
  insecureSources: z.array(z.string()).optional().meta({ description: 'Registries that may be reached by plain HTTP or without checking certificates.' }),
  sourceAuthorities: z.record(z.string(), z.array(z.string())).optional().meta({ description: 'Certificate authorities in PEM by registry host.' }),
  verificationConfig: z.string().optional().meta({ description: 'ConfigMap whose key verification-config says which signatures policies must have.' }),
  sigstoreTrustConfig: z.string().optional().meta({ description: 'ConfigMap whose key sigstore-trust-config holds a Sigstore trust configuration.' }),
  securityContexts: z
    .object({
      container: coreObject('SecurityContext').optional().meta({ description: 'Security context of the container, in place of the hardened default.' }),
      pod: coreObject('PodSecurityContext').optional().meta({ description: 'Security context of the Pods, in place of the default.' }),
    })
    .optional()
    .meta({ description: 'Security contexts, in place of the defaults.' }),
  affinity: coreObject('Affinity').optional().meta({ description: 'Where Pods may be scheduled.' }),
  limits: resourceList.optional().meta({ description: 'The most that the container may use.' }),
  requests: resourceList.optional().meta({ description: 'What the container is promised.' }),
  tolerations: z.array(coreObject('Toleration')).optional().meta({ description: 'Taints that Pods tolerate.' }),
  priorityClassName: z.string().optional().meta({ description: 'PriorityClass of the Pods.' }),
  namespacedPoliciesCapabilities: z
    .array(z.string())
    .optional()
    .meta({ description: 'Host capabilities that AdmissionPolicies may use, such as oci/* or kubernetes/can_i. Absent grants all, an empty list none.' }),
  webhookPort: port.optional().meta({ description: 'Port of the HTTPS endpoint in the Pod; 8443 when absent.' }),
  readinessProbePort: port.optional().meta({ description: 'Port of the readiness probe in the Pod; 8081 when absent.' }),
  metricsPort: port.optional().meta({ description: 'Port of the metrics at the Service.' }),
});

const status = z.object({ conditions: conditionList });

/** A PolicyServer's `spec` and `status`. */
export const policyServerFields = {
  spec: spec.meta({ description: 'How the policy-server is to run.' }),
  status: status.meta({ description: 'What became of it.' }),
};

/** The fields of version v1alpha2, deprecated and still served. */
export const policyServerFieldsV1Alpha2 = {
  spec: spec
    .pick({ image: true, replicas: true, annotations: true, env: true, serviceAccountName: true, imagePullSecret: true, insecureSources: true, sourceAuthorities: true, verificationConfig: true })
    .meta({ description: 'How the policy-server is to run.' }),
  status: policyServerFields.status,
};

/** How a policy-server is to run. */
export type PolicyServerSpec = z.infer<typeof spec>;

/** What became of a policy-server. */
export type PolicyServerStatus = z.infer<typeof status>;
