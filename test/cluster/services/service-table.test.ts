// Tests of which Service leads where.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ServiceTable, type EndpointSlice, type Service } from './service-table.js';

const services = suite('cluster/services/service-table');

const meta = (name: string, labels: Readonly<Record<string, string>> = {}): Service['metadata'] => ({ name, namespace: 'ns', uid: name, resourceVersion: '1', labels });
const WEB: Service = { metadata: meta('web'), spec: { clusterIP: '10.96.0.7', ports: [{ name: 'https', port: 443 }, { name: 'plain', port: 80 }, { name: 'dns', port: 53, protocol: 'UDP' }] } };
const HEADLESS: Service = { metadata: meta('headless'), spec: { clusterIP: 'None', ports: [{ port: 1 }] } };
const slice = (service: string, endpoints: EndpointSlice['endpoints']): EndpointSlice => ({
  metadata: meta(`${service}-abc`, { 'kubernetes.io/service-name': service }),
  endpoints: endpoints ?? null,
  ports: [{ name: 'https', port: 8443 }, { name: 'plain', port: 8080 }],
});

function table(): ServiceTable {
  const made = new ServiceTable();
  for (const object of [WEB, HEADLESS]) made.takeService({ kind: 'present', object });
  made.takeSlice({ kind: 'present', object: slice('web', [{ addresses: ['10.0.0.2'], conditions: { ready: true } }, { addresses: ['10.0.0.3'], conditions: { ready: false } }]) });
  made.takeSlice({ kind: 'present', object: slice('headless', [{ addresses: ['10.0.0.4'], hostname: 'zero' }, { addresses: ['10.0.0.5'] }]) });
  return made;
}

services('has a frontend per ClusterIP and TCP port', () => assert.equal(table().frontends(), [{ address: '10.96.0.7', port: 443 }, { address: '10.96.0.7', port: 80 }]));

services('leads each port to the ready endpoints of the same port name', () => {
  assert.equal(table().endpoints({ address: '10.96.0.7', port: 443 }), [{ address: '10.0.0.2', port: 8443 }]);
  assert.equal(table().endpoints({ address: '10.96.0.7', port: 80 }), [{ address: '10.0.0.2', port: 8080 }]);
  assert.equal(table().endpoints({ address: '10.96.0.8', port: 80 }), []);
});

const names: readonly (readonly [string, string[] | undefined])[] = [
  ['web.ns.svc.cluster.local', ['10.96.0.7']],
  ['WEB.ns.svc.cluster.local.', ['10.96.0.7']],
  ['headless.ns.svc.cluster.local', ['10.0.0.4', '10.0.0.5']],
  ['zero.headless.ns.svc.cluster.local', ['10.0.0.4']],
  ['absent.ns.svc.cluster.local', undefined],
  ['web.ns.svc', undefined],
  ['a.b.headless.ns.svc.cluster.local', undefined],
  ['example.test', undefined],
];
for (const [name, wanted] of names) services(`resolves ${name} to ${wanted?.join(' and ') ?? 'nothing'}`, () => assert.equal(table().resolve(name), wanted));

services('forgets what is gone', () => {
  const made = table();
  made.takeService({ kind: 'gone', object: WEB });
  assert.equal([made.frontends(), made.resolve('web.ns.svc.cluster.local')], [[], undefined]);
});

services.run();
