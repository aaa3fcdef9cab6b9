import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { ClusterWriter } from '../../../../integrations/k8s-controller/src/apply/cluster-writer.js';
import { mintAuthority } from '../../../../integrations/k8s-controller/src/certificates/authority.js';
import { parseCertificate } from '../../../../integrations/k8s-controller/src/certificates/key-pair.js';
import type { Action } from '../../../../integrations/k8s-controller/src/plan/actions.js';
import { refusal, startApiServer, type Asked, type Said } from '../../../lib/kubernetes/api-server.js';
import { rejectionOf } from '../../../support/rejection.js';
import { namespace } from '../support/objects.js';

const writing = suite('k8s-controller/apply/cluster-writer');

const now = Date.parse('2026-06-01T00:00:00Z');
const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'a', namespace };
const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace }, data: { x: '1' } };
const precondition = { uid: 'u', resourceVersion: '7' };
const secret = { name: 'leaf', namespace };
const base = `/api/v1/namespaces/${namespace}`;
const manager = 'fieldManager=wasmwarden-controller';

const performed = async (action: Action, said: Said = { body: object }): Promise<readonly Asked[]> => {
  await using server = await startApiServer(() => said);
  await new ClusterWriter(server.client, () => now).perform(action);
  return server.asked;
};
const described = ({ method, url, body }: Asked): unknown => [`${method} ${url}`, JSON.parse(body)];

for (const [title, action, request, body] of [
  ['what is to be there is applied, and taken over', { kind: 'apply', object }, `PATCH ${base}/configmaps/a?${manager}&force=true`, object],
  [
    'fields are replaced in the version that was seen only',
    { kind: 'replace-fields', reference, fields: { data: { x: '1' } }, precondition },
    `PATCH ${base}/configmaps/a?${manager}`,
    [{ op: 'replace', path: '/metadata/resourceVersion', value: '7' }, { op: 'add', path: '/data', value: { x: '1' } }],
  ],
  [
    'what the reference set is ours from now on, in the version that was seen only',
    { kind: 'adopt', reference, place: 2, precondition },
    `PATCH ${base}/configmaps/a?${manager}`,
    [
      { op: 'replace', path: '/metadata/resourceVersion', value: '7' },
      { op: 'replace', path: '/metadata/managedFields/2/manager', value: 'wasmwarden-controller' },
      { op: 'replace', path: '/metadata/managedFields/2/operation', value: 'Apply' },
    ],
  ],
  ['the object that was seen is deleted, and no other of its name', { kind: 'delete', reference, precondition }, `DELETE ${base}/configmaps/a`, { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid: 'u' }, propagationPolicy: 'Background' }],
  ['finalizers are set in the version that was seen only', { kind: 'set-finalizers', reference, finalizers: ['f'], precondition }, `PATCH ${base}/configmaps/a?${manager}`, { metadata: { finalizers: ['f'], ...precondition } }],
  ['so are labels, and the rest of the object stays', { kind: 'set-metadata', reference, metadata: { labels: { a: 'b' } }, precondition }, `PATCH ${base}/configmaps/a?${manager}`, { metadata: { labels: { a: 'b' }, ...precondition } }],
] as const satisfies readonly (readonly [string, Action, string, unknown])[]) {
  writing(title, async () => assert.equal((await performed(action)).map(described), [[request, body]]));
}

writing('what is gone already need not be deleted', async () => assert.is((await performed({ kind: 'delete', reference, precondition }, refusal(404, 'NotFound'))).length, 1));
writing('a deletion that is refused for another reason fails', async () => {
  assert.is((await rejectionOf(performed({ kind: 'delete', reference, precondition }, refusal(409, 'Conflict')))).code, 'KUBERNETES_CONFLICT');
});

interface StoredSecret {
  readonly type: string;
  readonly metadata: { readonly resourceVersion?: string };
  readonly data: Readonly<Record<string, string>>;
}
const secretOf = ({ body }: Asked): StoredSecret => JSON.parse(body) as StoredSecret;
const pem = (secretData: StoredSecret['data'], key: string): string => Buffer.from(secretData[key] ?? '', 'base64').toString();

writing('a new certificate is created where there was none: if somebody was faster, theirs stays', async () => {
  const authority = await mintAuthority(now);
  const [asked] = await performed({ kind: 'mint', secret, subject: { commonName: 'a', dnsNames: ['a'] }, authority, precondition: undefined, because: '' });
  assert.ok(asked);
  assert.is(`${asked.method} ${asked.url}`, `POST ${base}/secrets?${manager}`);
  const { data, type } = secretOf(asked);
  assert.is(type, 'Opaque');
  const issuer = parseCertificate(authority.certificate);
  assert.ok(issuer !== undefined && parseCertificate(pem(data, 'tls.crt'))?.verify(issuer.publicKey));
});

writing('a certificate is replaced in the version of its Secret that was seen only', async () => {
  const [asked] = await performed({ kind: 'mint', secret, subject: { commonName: 'a', dnsNames: [] }, authority: await mintAuthority(now), precondition, because: '' });
  assert.ok(asked);
  assert.is(`${asked.method} ${asked.url}`, `PATCH ${base}/secrets/leaf?${manager}&force=true`);
  assert.is(secretOf(asked).metadata.resourceVersion, '7');
});

writing('a new authority is stored with the one before, in place of everything that was there', async () => {
  const [made] = await performed({ kind: 'mint-authority', secret, previous: undefined, precondition: undefined, because: '' });
  assert.ok(made);
  assert.equal([made.method, Object.keys(secretOf(made).data)], ['POST', ['ca.crt', 'ca.key']]);
  const [replaced] = await performed({ kind: 'mint-authority', secret, previous: 'OLD', precondition, because: '' });
  const [version, add] = JSON.parse(replaced?.body ?? '') as readonly [{ readonly path: string; readonly value: string }, { readonly path: string; readonly value: Readonly<Record<string, string>> }];
  assert.equal([version.path, version.value, add.path, pem(add.value, 'old-ca.crt')], ['/metadata/resourceVersion', '7', '/data', 'OLD']);
});

writing('a status is written for the version that was judged', async () => {
  await using server = await startApiServer(() => ({ body: object }));
  await new ClusterWriter(server.client, () => now).writeStatus({ apiVersion: 'policies.kubewarden.io/v1', kind: 'PolicyServer', name: 'default' }, precondition, { conditions: [] });
  assert.equal(server.asked.map(described), [[`PATCH /apis/policies.kubewarden.io/v1/policyservers/default/status?${manager}`, { metadata: precondition, status: { conditions: [] } }]]);
});

writing.run();
