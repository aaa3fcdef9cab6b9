// The controller as a whole against a server that answers as an API server with nothing in it. What it does to a cluster is tested on a
// real one, in test/cluster/controller/.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { pino } from 'pino';

import { mintAuthority, mintLeaf } from '../../../../integrations/k8s-controller/src/certificates/authority.js';
import { secretData } from '../../../../integrations/k8s-controller/src/certificates/secret-data.js';
import { parseConfig } from '../../../../integrations/k8s-controller/src/config.js';
import { Controller } from '../../../../integrations/k8s-controller/src/control/controller.js';
import { createLog } from '../../../../integrations/k8s-controller/src/telemetry/log.js';
import { steadyClock } from '../../../../lib/kubernetes/steady-clock.js';
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

const { certificate, key } = await mintLeaf(await mintAuthority(Date.now()), { commonName: 'a', dnsNames: ['a'] }, Date.now());
const leaf = { 'tls.crt': certificate, 'tls.key': key };

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

/** A cluster with the controller's own certificate and nothing else; nothing can be written to it. */
function clusterWith(certificate: object): (asked: Asked) => Said | Promise<Said> {
  return ({ method, url }) => {
    if (url.includes('watch=')) return new Promise(() => undefined);
    if (method !== 'GET') return refusal(403, 'Forbidden');
    return { body: { apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: '1' }, items: url.includes('/secrets') ? [certificate] : [] } };
  };
}

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
};

for (const [title, data, ready] of [
  ['the cluster has been seen and there is a certificate to answer with', secretData(leaf), true],
  ['there is no certificate yet', {}, false],
  ['the certificate cannot be served', secretData({ 'tls.crt': leaf['tls.crt'], 'tls.key': 'no key' }), false],
] as const) {
  controllers(`a controller is ${ready ? '' : 'not '}ready when ${title}`, async () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'kubewarden-webhook-server-cert', namespace: 'kubewarden', uid: 'u', resourceVersion: '1' }, type: 'Opaque', data };
    await using server = await startApiServer(clusterWith(secret));
    const stop = new AbortController();
    let lines = '';
    const log = createLog('info', (line) => (lines += line));
    const { config: alone } = parseConfig({ flags: { 'deployments-namespace': 'kubewarden' }, env: {} });
    const controller = new Controller({ config: alone, client: server.client, namespace: 'kubewarden', identity: 'we', clientAuthorities: undefined, log, clock: steadyClock });
    assert.is(controller.ready, false);
    const ended = controller.run(stop.signal);
    await until(() => lines.includes('the cluster has been seen'));
    assert.is(controller.ready, ready);
    stop.abort(new Error('told to stop'));
    assert.is(await ended, 'finished');
  });
}

controllers.run();
