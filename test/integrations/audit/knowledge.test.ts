import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { endpointAmong } from '../../../integrations/audit/src/cluster/knowledge.js';
import type { ApiObject } from '../../../lib/kubernetes/api-object.js';

const knowledge = suite('integrations/audit/knowledge');

const service = (name: string, instance: string, ports: readonly object[] = [{ port: 8443 }, { port: 8080 }]): ApiObject => ({ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'kw', labels: { 'app.kubernetes.io/instance': instance } }, spec: { ports: ports.map((port) => ({ ...port })) } });

for (const [title, services, expected] of [
  ['the first port of the one Service with its label', [service('other', 'policy-server-other'), service('policy-server-default', 'policy-server-default')], 'https://policy-server-default.kw.svc:8443'],
  ['a Service of any name', [service('renamed', 'policy-server-default')], 'https://renamed.kw.svc:8443'],
  ['no Service', [service('policy-server-default', 'default')], "its PolicyServer 'default' has 0 Services labelled app.kubernetes.io/instance=policy-server-default in namespace kw, and must have one"],
  ['two Services', [service('a', 'policy-server-default'), service('b', 'policy-server-default')], "its PolicyServer 'default' has 2 Services labelled app.kubernetes.io/instance=policy-server-default in namespace kw, and must have one"],
  ['a Service without ports', [service('a', 'policy-server-default', [])], "the Service a of its PolicyServer 'default' has no port"],
] as const) {
  knowledge(`a policy-server is asked at: ${title}`, () => {
    const endpoint = endpointAmong(services, new Set(['default']), { name: 'default', namespace: 'kw' });
    assert.is(endpoint.kind === 'url' ? endpoint.url : endpoint.because, expected);
  });
}

knowledge('a PolicyServer that does not exist has no endpoint, whatever Services there are', () => {
  const endpoint = endpointAmong([service('a', 'policy-server-gone')], new Set(['default']), { name: 'gone', namespace: 'kw' });
  assert.equal(endpoint, { kind: 'unavailable', because: "its PolicyServer 'gone' does not exist" });
});

knowledge.run();
