import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { mintAuthority, mintLeaf } from '../../../../integrations/k8s-controller/src/certificates/authority.js';
import type { KeyPair } from '../../../../integrations/k8s-controller/src/certificates/key-pair.js';
import { secretData } from '../../../../integrations/k8s-controller/src/certificates/secret-data.js';
import { authorityData } from '../../../../integrations/k8s-controller/src/certificates/secrets.js';
import { ownWebhookConfigurations } from '../../../../integrations/k8s-controller/src/desired/own-webhooks.js';
import { reconcileCertificates } from '../../../../integrations/k8s-controller/src/control/reconcile-certificates.js';
import { reconcileOwnWebhooks } from '../../../../integrations/k8s-controller/src/control/reconcile-own-webhooks.js';
import type { ApiObject } from '../../../../lib/kubernetes/api-object.js';
import { namespace } from '../support/objects.js';
import { namespaceOwner as owner, now, reconciled, service } from '../support/surroundings.js';

const certificates = suite('k8s-controller/control/reconcile-certificates');

const dayMs = 24 * 60 * 60 * 1000;
const [authority, other] = await Promise.all([mintAuthority(now), mintAuthority(now)]);

const object = (kind: string, name: string, fields: object, metadata: object = {}): ApiObject => ({ apiVersion: 'v1', kind, metadata: { name, uid: `${name}-uid`, resourceVersion: '1', ...metadata }, ...fields });
const own = { namespace, labels: { 'app.kubernetes.io/part-of': 'kubewarden' } };
const authoritySecret = (pair: KeyPair, previous?: string): ApiObject => object('Secret', 'kubewarden-ca', { data: authorityData({ ...pair, previous }) }, own);
const leafSecret = (name: string, { certificate, key }: KeyPair): ApiObject => object('Secret', name, { data: secretData({ 'tls.crt': certificate, 'tls.key': key }) }, own);
const registrations = (pair: KeyPair): readonly ApiObject[] => ownWebhookConfigurations({ namespace, service, authorities: pair.certificate, owner }).map(({ kind, metadata, ...fields }) => object(kind, metadata.name, fields, { labels: metadata.labels, ownerReferences: metadata.ownerReferences }));

const host = `${service}.${namespace}.svc`;
const leaves = async (signer: KeyPair, atMs = now): Promise<readonly ApiObject[]> => [
  leafSecret('kubewarden-webhook-server-cert', await mintLeaf(signer, { commonName: host, dnsNames: [host] }, atMs)),
  leafSecret('kubewarden-audit-scanner-client-cert', await mintLeaf(signer, { commonName: 'audit-scanner-client', dnsNames: [] }, atMs)),
];

certificates('in an empty cluster the authority is made first; the rest follows when its Secret is seen', async () => {
  assert.equal(await reconciled(reconcileCertificates, []), { failures: [], nextMs: undefined, done: ['mint-authority kubewarden-ca'] });
});

certificates('C9: with an authority, the certificates of controller and audit scanner are made at once, without waiting for a clock', async () => {
  assert.equal((await reconciled(reconcileCertificates, [authoritySecret(authority)])).done, ['mint kubewarden-webhook-server-cert', 'mint kubewarden-audit-scanner-client-cert']);
});

certificates('what is good is kept, and looked at again when the first of them is due', async () => {
  const { done, nextMs } = await reconciled(reconcileCertificates, [authoritySecret(authority), ...(await leaves(authority))]);
  assert.equal(done, []);
  assert.is(Math.round((nextMs ?? 0) / dayMs), 365 - 60);
});

certificates('C9: sixty days before their end both are renewed, the audit scanner\'s too', async () => {
  const objects = [authoritySecret(authority), ...(await leaves(authority))];
  assert.equal((await reconciled(reconcileCertificates, objects, { nowMs: now + 304 * dayMs })).done, []);
  assert.equal((await reconciled(reconcileCertificates, objects, { nowMs: now + 306 * dayMs })).done, ['mint kubewarden-webhook-server-cert', 'mint kubewarden-audit-scanner-client-cert']);
});

certificates('sixty days before its own end the authority is renewed', async () => {
  assert.equal((await reconciled(reconcileCertificates, [authoritySecret(authority), ...(await leaves(authority, now + 3500 * dayMs))], { nowMs: now + 3591 * dayMs })).done[0], 'mint-authority kubewarden-ca');
});

certificates('the controller\'s certificate follows a replaced authority only when API servers trust it; the audit scanner\'s at once', async () => {
  const replaced = [authoritySecret(other, authority.certificate), ...(await leaves(authority))];
  assert.equal((await reconciled(reconcileCertificates, [...replaced, ...registrations(authority)])).done, ['mint kubewarden-audit-scanner-client-cert']);
  assert.equal((await reconciled(reconcileCertificates, [...replaced, ...registrations(other)])).done, ['mint kubewarden-webhook-server-cert', 'mint kubewarden-audit-scanner-client-cert']);
});

const both = ['apply kubewarden-controller-mutating-webhook-configuration', 'apply kubewarden-controller-validating-webhook-configuration'];
certificates('our own webhooks are registered when they answer, and not before', async () => {
  assert.equal(await reconciled(reconcileOwnWebhooks, [authoritySecret(authority)], { serves: false }), { failures: [], nextMs: 1_000, done: [] });
  assert.equal((await reconciled(reconcileOwnWebhooks, [authoritySecret(authority)])).done, both);
});
certificates('our own webhooks are not registered without an authority', async () => assert.equal((await reconciled(reconcileOwnWebhooks, [])).done, []));
certificates('C10: of our own registrations, one that was removed comes back; those that trust another authority are corrected though nobody answers', async () => {
  const [mutating] = registrations(authority);
  assert.ok(mutating);
  assert.equal((await reconciled(reconcileOwnWebhooks, [authoritySecret(authority), mutating])).done, both.slice(1));
  assert.equal((await reconciled(reconcileOwnWebhooks, [authoritySecret(authority), ...registrations(authority)])).done, []);
  const corrected = (await reconciled(reconcileOwnWebhooks, [authoritySecret(authority), ...registrations(other)], { serves: false })).done;
  assert.equal(corrected.map((step) => step.split(' ')[1]), both.map((step) => step.split(' ')[1]));
});

certificates.run();
