import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { rejectionOf } from '../../support/rejection.js';
import { SteadyTestClock } from '../../support/steady-test-clock.js';
import { type Asked, refusal, type Said, startApiServer } from './api-server.js';

const catalogues = suite('kubernetes/resource-catalogue');

const podEntry = { name: 'pods', kind: 'Pod', namespaced: true };
const core = (...resources: object[]): Said => ({ body: { kind: 'APIResourceList', groupVersion: 'v1', resources } });

catalogues('a kind is asked for once', async () => {
  await using server = await startApiServer(() => core(podEntry, { name: 'nodes', kind: 'Node', namespaced: false }));
  assert.is((await server.client.resources.find('v1', 'Pod')).plural, 'pods');
  assert.is((await server.client.resources.find('v1', 'Node')).namespaced, false);
  assert.equal(server.asked.map(({ url }) => url), ['/api/v1']);
});

catalogues('a kind that is not there is asked for again, and not more than every ten seconds', async () => {
  const clock = new SteadyTestClock();
  const said = [core(), core(), core(podEntry)];
  await using server = await startApiServer((_, count) => said[count - 1] ?? core(), { clock });
  const unknown = async (): Promise<string> => (await rejectionOf(server.client.resources.find('v1', 'Pod'))).message;
  assert.is(await unknown(), 'cannot find Pod of v1: the API server serves no such kind');
  await unknown();
  assert.is(server.asked.length, 1);
  await clock.advance(10_000);
  await unknown();
  assert.is(server.asked.length, 2);
  await clock.advance(10_000);
  assert.is((await server.client.resources.find('v1', 'Pod')).plural, 'pods');
});

catalogues('a version that is not there serves no kind; what is no version is not asked for', async () => {
  await using server = await startApiServer(() => refusal(404, 'NotFound'));
  assert.is((await rejectionOf(server.client.resources.find('example.com/v9', 'Thing'))).code, 'KUBERNETES_KIND_UNKNOWN');
  assert.is((await rejectionOf(server.client.resources.find('a/b/c', 'Thing'))).code, 'KUBERNETES_KIND_UNKNOWN');
  assert.equal(server.asked.map(({ url }) => url), ['/apis/example.com/v9']);
});

catalogues('a failure is no missing kind', async () => {
  await using server = await startApiServer((_, count) => (count === 1 ? refusal(503, 'ServiceUnavailable') : core(podEntry)));
  assert.is((await rejectionOf(server.client.resources.find('v1', 'Pod'))).code, 'KUBERNETES_UNAVAILABLE');
  assert.is((await server.client.resources.find('v1', 'Pod')).plural, 'pods');
});

catalogues('the whole catalogue is two documents', async () => {
  const aggregated = (group: string, resource: string): Said => ({ body: { kind: 'APIGroupDiscoveryList', items: [{ metadata: group === '' ? {} : { name: group }, versions: [{ version: 'v1', freshness: 'Current', resources: [{ resource, responseKind: { kind: 'Any' }, scope: 'Cluster' }] }] }] } });
  await using server = await startApiServer(({ url }) => (url === '/api' ? aggregated('', 'nodes') : aggregated('apps', 'things')));
  const { resources, stale } = await server.client.resources.all();
  assert.equal([resources.map(({ group, plural }) => `${group}/${plural}`), stale], [['/nodes', 'apps/things'], []]);
  assert.match(server.asked[0]?.headers.accept ?? '', /^application\/json;g=apidiscovery\.k8s\.io;v=v2;as=APIGroupDiscoveryList,.*,application\/json$/);
});

catalogues('an older server is asked version by version, and those that do not answer are named', async () => {
  const answers: Readonly<Record<string, Said>> = {
    '/api': { body: { kind: 'APIVersions', versions: ['v1'] } },
    '/apis': { body: { kind: 'APIGroupList', groups: [{ name: 'apps', versions: [{ version: 'v1' }] }, { name: 'metrics.k8s.io', versions: [{ version: 'v1beta1' }] }] } },
    '/api/v1': core(podEntry),
    '/apis/apps/v1': core({ name: 'deployments', kind: 'Deployment', namespaced: true }),
  };
  await using server = await startApiServer(({ url }: Asked) => answers[url] ?? refusal(503, 'ServiceUnavailable'));
  const { resources, stale } = await server.client.resources.all();
  assert.equal([resources.map(({ group, plural }) => `${group}/${plural}`), stale], [['/pods', 'apps/deployments'], [{ group: 'metrics.k8s.io', version: 'v1beta1' }]]);
});

catalogues('a catalogue that may not be read is a failure', async () => {
  const answers: Readonly<Record<string, Said>> = { '/api': { body: {} }, '/apis': { body: { kind: 'APIGroupList', groups: [] } } };
  await using server = await startApiServer(({ url }) => answers[url] ?? refusal(403, 'Forbidden'));
  assert.is((await rejectionOf(server.client.resources.all())).code, 'KUBERNETES_FORBIDDEN');
  await using nonsense = await startApiServer(() => ({ body: {} }));
  assert.is((await rejectionOf(nonsense.client.resources.all())).code, 'KUBERNETES_ANSWER_INVALID');
});

catalogues.run();
