import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { externallyScaledAnnotation, replicasOf } from '../../../../integrations/k8s-controller/src/desired/replicas.js';
import { policyServer, seen } from '../support/objects.js';

const replicas = suite('k8s-controller/desired/replicas');

const server = policyServer({ replicas: 2 });
const deployment = (manager: string, fields: object = { 'f:spec': { 'f:replicas': {} } }): ReturnType<typeof seen> =>
  seen('Deployment', 'policy-server-default', { spec: { replicas: 7 } }, { managedFields: [{ manager, operation: 'Apply', fieldsV1: fields }] });

replicas('are the PolicyServer\'s where nobody else decides', () => assert.is(replicasOf(server, deployment('wasmwarden-controller'), false), 2));
replicas('are the PolicyServer\'s for a Deployment that is new', () => assert.is(replicasOf(server, undefined, true), 2));
replicas('C12: are left out when an autoscaler has set them', () => assert.is(replicasOf(server, deployment('kube-controller-manager'), true), undefined));
replicas('C12: are kept as they are while only we have set them: left out, they would fall to one', () => assert.is(replicasOf(server, deployment('wasmwarden-controller'), true), 7));
replicas('C12: are left out when we have set everything but them', () => assert.is(replicasOf(server, deployment('wasmwarden-controller', { 'f:spec': { 'f:selector': {} } }), true), undefined));
replicas('are somebody else\'s where an annotation says so', () => {
  const external = policyServer({ replicas: 2 }, { annotations: { [externallyScaledAnnotation]: 'true' } });
  assert.is(replicasOf(external, deployment('keda'), false), undefined);
});

replicas.run();
