// Services inside the cluster: by name and address from Pods, by aggregator routing and by URL from the API server.

import { once } from 'node:events';
import { createServer } from 'node:https';
import * as assert from 'uvu/assert';
import type { ApiList, Pod } from '../api/objects.js';
import type { Cluster } from '../cluster.js';
import { clusterSuite } from '../cluster-suite.js';
import { servingCertificate } from './webhook-objects.js';

const SERVE = `
  const http = require('node:http');
  http.createServer((_, response) => response.end('served by ' + process.env.HOSTNAME)).listen(8080);
  process.on('SIGTERM', () => process.exit(0));`;

const { test, run } = await clusterSuite('cluster/acceptance/services', {
  nodes: ['node-1', 'node-2'],
  images: { 'example.test/node:v1': { entrypoint: [process.execPath, '-e'] } },
});

const labels = { app: 'echo' };

/** Runs a script as a Pod and returns what it printed. */
async function printed(cluster: Cluster, name: string, script: string): Promise<string> {
  const spec = { restartPolicy: 'Never', containers: [{ name: 'main', image: 'example.test/node:v1', args: [script] }] };
  await cluster.client.create('/api/v1/namespaces/default/pods', { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec });
  await cluster.until<Pod>(`/api/v1/namespaces/default/pods/${name}`, (pod) => pod?.status?.phase === 'Succeeded' || pod?.status?.phase === 'Failed', 20_000);
  return cluster.logs({ namespace: 'default', pod: name, container: 'main' });
}

test('spreads Pods over two Nodes', async (cluster) => {
  await cluster.apply([
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'echo', namespace: 'default' },
      spec: {
        replicas: 4,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 2, containers: [{ name: 'main', image: 'example.test/node:v1', args: [SERVE], readinessProbe: { httpGet: { port: 8080 } } }] } },
      },
    },
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'echo', namespace: 'default' }, spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] } },
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'headless', namespace: 'default' }, spec: { clusterIP: 'None', selector: labels, ports: [{ port: 8080 }] } },
  ]);
  await cluster.until<{ status?: { availableReplicas?: number } }>('/apis/apps/v1/namespaces/default/deployments/echo', (deployment) => deployment?.status?.availableReplicas === 4);
  const { items } = await cluster.client.get<ApiList<Pod>>('/api/v1/namespaces/default/pods');
  assert.equal([...new Set(items.map(({ spec }) => spec.nodeName))].sort(), ['node-1', 'node-2']);
});

test('lets Pods reach a Service by its names, and the API server by its own', async (cluster) => {
  for (const service of ['echo', 'headless']) await cluster.untilEndpoints({ namespace: 'default', service, ready: 4 });
  const script = `
    (async () => {
      for (const name of ['echo', 'echo.default', 'echo.default.svc', 'echo.default.svc.cluster.local']) console.log(name, await (await fetch('http://' + name)).text());
      console.log('headless', (await require('node:dns/promises').lookup('headless', { all: true })).length);
      await fetch('http://absent').catch((error) => console.log('absent', error.cause.code));
      require('node:https').get({ host: 'kubernetes.default.svc', path: '/version', ca: require('node:fs').readFileSync('/var/run/secrets/kubernetes.io/serviceaccount/ca.crt') }, (answer) => console.log('api', answer.statusCode, answer.resume() && ''));
    })();`;
  const log = await printed(cluster, 'caller', script);
  for (const pattern of [/^echo served by echo-/m, /^echo\.default served by/m, /^echo\.default\.svc served by/m, /^echo\.default\.svc\.cluster\.local served by/m, /^headless 4$/m, /^absent E(NOTFOUND|AI_AGAIN)$/m, /^api 200/m]) assert.match(log, pattern);
});

test('lets the API server call a webhook of the test process by URL', async (cluster) => {
  const pem = await servingCertificate('unused', 'default', [cluster.hostAddress]);
  let calls = 0;
  const server = createServer({ cert: pem.certificate, key: pem.key }, (request, response) => {
    calls += 1;
    request.resume();
    response.writeHead(418).end();
  });
  server.listen(0, cluster.hostAddress);
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const rules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }];
  const clientConfig = { url: `https://${cluster.hostAddress}:${port}/`, caBundle: Buffer.from(pem.authority).toString('base64') };
  const webhook = { name: 'url.example.test', admissionReviewVersions: ['v1'], sideEffects: 'None', failurePolicy: 'Fail', rules, clientConfig, matchConditions: [{ name: 'ours', expression: "object.metadata.name == 'asks'" }] };
  await cluster.apply([{ apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration', metadata: { name: 'url.example.test' }, webhooks: [webhook] }]);
  try {
    let refused = '';
    for (let attempt = 0; attempt < 50 && calls === 0; attempt += 1) {
      refused = await cluster.client.create('/api/v1/namespaces/default/configmaps?dryRun=All', { metadata: { name: 'asks' } }).then(() => '', String);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.match(refused, 'failed calling webhook "url.example.test"');
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

run();
