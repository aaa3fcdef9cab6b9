import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { createDefaultPolicyServer } from '../../../../integrations/k8s-controller/src/control/default-policy-server.js';
import { refusal, startApiServer, type Asked, type Said } from '../../../lib/kubernetes/api-server.js';
import { rejectionOf } from '../../../support/rejection.js';
import { namespace } from '../support/objects.js';

const creation = suite('k8s-controller/control/default-policy-server');

const memory = `GET /api/v1/namespaces/${namespace}/configmaps/kubewarden-controller-defaults`;
const create = 'POST /apis/policies.kubewarden.io/v1/policyservers';
const remember = `POST /api/v1/namespaces/${namespace}/configmaps`;
const settings = { image: 'example.test/policy-server:v1', serviceAccountName: 'policy-server' };

/** Asks for the PolicyServer at an API server that answers some requests otherwise. */
const asked = async (answers: Readonly<Record<string, Said>>): Promise<readonly Asked[]> => {
  await using server = await startApiServer(({ method, url }) => answers[requestOf({ method, url })] ?? { body: { apiVersion: 'v1', kind: 'Any', metadata: { name: 'any' } } });
  await createDefaultPolicyServer(server.client, namespace, settings);
  return server.asked;
};
const requestOf = ({ method, url }: Pick<Asked, 'method' | 'url'>): string => `${method} ${url.replace(/\?.*/, '')}`;
const empty = { [memory]: refusal(404, 'NotFound') };

creation('in a new cluster it is created, and that is remembered afterwards', async () => {
  const requests = await asked(empty);
  assert.equal(requests.map(requestOf), [memory, create, remember]);
  const { metadata, spec } = JSON.parse(requests[1]?.body ?? '') as { readonly metadata: object; readonly spec: object };
  assert.equal([metadata, spec], [{ name: 'default', finalizers: ['kubewarden.io/finalizer'] }, { image: settings.image, replicas: 1, serviceAccountName: settings.serviceAccountName }]);
});
creation('one that was created once is not made again, there or not', async () => assert.equal((await asked({})).map(requestOf), [memory]));
creation('one that a user made before is left as it is, and remembered', async () => {
  assert.equal((await asked({ ...empty, [create]: refusal(409, 'AlreadyExists') })).map(requestOf), [memory, create, remember]);
});
creation('another replica that remembered it meanwhile is no failure', async () => {
  assert.equal((await asked({ ...empty, [remember]: refusal(409, 'AlreadyExists') })).map(requestOf), [memory, create, remember]);
});
creation('one that could not be created is not remembered, so that it is tried again', async () => {
  assert.is((await rejectionOf(asked({ ...empty, [create]: refusal(403, 'Forbidden') }))).code, 'KUBERNETES_FORBIDDEN');
});
creation('while nobody knows whether it was created nothing is', async () => {
  assert.is((await rejectionOf(asked({ [memory]: refusal(403, 'Forbidden') }))).code, 'KUBERNETES_FORBIDDEN');
});

creation.run();
