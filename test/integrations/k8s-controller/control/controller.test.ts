// The controller as a whole against a server that answers as an API server with nothing in it. What it does to a cluster is tested on a
// real one, in test/cluster/controller/.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { pino } from 'pino';

import { parseConfig } from '../../../../integrations/k8s-controller/src/config.js';
import { Controller } from '../../../../integrations/k8s-controller/src/control/controller.js';
import { refusal, startApiServer, type Asked, type Said } from '../../../lib/kubernetes/api-server.js';
import { SteadyTestClock } from '../../../support/steady-test-clock.js';

const controllers = suite('k8s-controller/control/controller');

const { config } = parseConfig({ flags: { 'leader-elect': 'true', 'deployments-namespace': 'kubewarden' }, env: {} });

/** Lists are empty, watches bring nothing, and the Lease is taken over by another as soon as it is to be renewed. */
function emptyCluster({ method, url, body }: Asked): Said | Promise<Said> {
  const lease = (holderIdentity: string, resourceVersion: string): Said => ({ body: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'x', namespace: 'kubewarden', resourceVersion }, spec: { holderIdentity, leaseDurationSeconds: 15 } } });
  if (url.includes('/leases')) {
    if (method === 'POST') return { ...lease('', '1'), status: 201, body: { ...(JSON.parse(body) as object), metadata: { name: 'x', namespace: 'kubewarden', resourceVersion: '1' } } };
    if (method === 'PUT') return refusal(409, 'Conflict');
    return leaseAsked++ === 0 ? refusal(404, 'NotFound') : lease('another', '2');
  }
  if (url.includes('watch=')) return new Promise(() => undefined);
  if (method === 'GET') return { body: { apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: '1' }, items: [] } };
  return refusal(404, 'NotFound');
}
let leaseAsked = 0;

controllers('a controller that lost its election ends, so that its process can be replaced', async () => {
  await using server = await startApiServer(emptyCluster);
  const clock = new SteadyTestClock();
  const controller = new Controller({ config, client: server.client, namespace: 'kubewarden', identity: 'we', clientAuthorities: undefined, log: pino({ enabled: false }), clock });
  let end: string | undefined;
  const ended = controller.run(new AbortController().signal).then((how) => (end = how));
  // Requests take real time and waits none.
  while (end === undefined) {
    await clock.advance(100);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.is(await ended, 'lost');
});

controllers.run();
