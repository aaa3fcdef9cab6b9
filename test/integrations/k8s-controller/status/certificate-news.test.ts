import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { auditScannerLeaf, planAuthority, serverLeaf } from '../../../../integrations/k8s-controller/src/certificates/secrets.js';
import type { Action } from '../../../../integrations/k8s-controller/src/plan/actions.js';
import { certificateNews } from '../../../../integrations/k8s-controller/src/status/certificate-news.js';
import { namespace, policyServer, seen } from '../support/objects.js';

const news = suite('k8s-controller/status/certificate-news');

const precondition = { uid: 'secret-uid', resourceVersion: '1' };
const authority = { certificate: 'CERTIFICATE', key: 'KEY' };
const mint = (place: ReturnType<typeof serverLeaf>, over: typeof precondition | undefined): Action => ({ kind: 'mint', ...place, authority, precondition: over, because: 'the certificate ends soon' });

news('C24: a certificate of a PolicyServer that was replaced is told of at the PolicyServer', () => {
  assert.equal(certificateNews(mint(serverLeaf(policyServer(), namespace), precondition)), {
    regarding: { apiVersion: 'policies.kubewarden.io/v1', kind: 'PolicyServer', name: 'default', uid: 'server-uid' },
    transition: { type: 'Normal', reason: 'CertificateReplaced', message: 'The certificate in the Secret policy-server-default was replaced: the certificate ends soon' },
  });
});

news('C24: one that belongs to no PolicyServer is told of at its Secret', () => {
  assert.equal(certificateNews(mint(auditScannerLeaf(namespace), precondition))?.regarding, { apiVersion: 'v1', kind: 'Secret', name: 'kubewarden-audit-scanner-client-cert', namespace, uid: 'secret-uid' });
});

news('C24: so is an authority', () => {
  const [action] = planAuthority(seen('Secret', 'kubewarden-ca'), { kind: 'mint', previous: 'OLD', because: 'the certificate authority ends soon' }, namespace);
  assert.ok(action);
  assert.equal(certificateNews(action), {
    regarding: { apiVersion: 'v1', kind: 'Secret', name: 'kubewarden-ca', namespace, uid: 'kubewarden-ca-uid' },
    transition: { type: 'Normal', reason: 'AuthorityReplaced', message: 'The certificate authority in the Secret kubewarden-ca was replaced: the certificate authority ends soon' },
  });
});

news('a first certificate replaces none, and other steps make none', () => {
  assert.is(certificateNews(mint(serverLeaf(policyServer(), namespace), undefined)), undefined);
  assert.is(certificateNews({ kind: 'delete', reference: { apiVersion: 'v1', kind: 'Secret', name: 'a' }, precondition }), undefined);
});

news.run();
