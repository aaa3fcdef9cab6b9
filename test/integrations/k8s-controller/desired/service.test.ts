import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { desiredDisruptionBudget } from '../../../../integrations/k8s-controller/src/desired/disruption-budget.js';
import { desiredService } from '../../../../integrations/k8s-controller/src/desired/service.js';
import { assertGolden } from '../support/golden.js';
import { defaults, namespace, policyServer } from '../support/objects.js';

const services = suite('k8s-controller/desired/service');

const telemetry = { metrics: true, tracing: false, collector: { kind: 'sidecar' } } as const;
const ports = (spec: object, metricsPort = 8080): unknown => (desiredService(policyServer(spec), defaults({ telemetry, metricsPort }))['spec'] as { readonly ports: unknown }).ports;

services('the Service, whole', () => assertGolden('service', desiredService(policyServer(), defaults())));

services('follows the webhook port of the Pod', () => {
  const [webhook] = (desiredService(policyServer({ webhookPort: 9000 }), defaults())['spec'] as { readonly ports: readonly { readonly port: number; readonly targetPort: number }[] }).ports;
  assert.equal([webhook?.port, webhook?.targetPort], [443, 9000]);
});

services('the metrics port is the PolicyServer\'s, else the controller\'s; the Pod\'s own is always the controller\'s', () => {
  assert.equal((ports({ metricsPort: 9999 }) as readonly object[])[1], { name: 'metrics', port: 9999, targetPort: 8080, protocol: 'TCP' });
  assert.equal((ports({}, 8888) as readonly object[])[1], { name: 'metrics', port: 8888, targetPort: 8888, protocol: 'TCP' });
});

services('the PodDisruptionBudget, whole', () => assertGolden('disruption-budget', desiredDisruptionBudget(policyServer({ maxUnavailable: '25%' }), namespace)));

services('without limits there is no PodDisruptionBudget, and one that is left over goes', () => {
  assert.equal(desiredDisruptionBudget(policyServer(), namespace), { kind: 'absent', reference: { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', name: 'policy-server-default', namespace } });
});

services('of two limits the minimum wins', () => {
  const wanted = desiredDisruptionBudget(policyServer({ minAvailable: 1, maxUnavailable: 2 }), namespace);
  assert.equal(wanted.kind === 'present' && Object.keys(wanted.object['spec'] as object), ['minAvailable', 'selector']);
});

services.run();
