import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { mintAuthority, mintLeaf } from '../../../../integrations/k8s-controller/src/certificates/authority.js';
import type { KeyPair } from '../../../../integrations/k8s-controller/src/certificates/key-pair.js';
import { secretData } from '../../../../integrations/k8s-controller/src/certificates/secret-data.js';
import { authorityData } from '../../../../integrations/k8s-controller/src/certificates/secrets.js';
import type { SeenObject } from '../../../../integrations/k8s-controller/src/world/kubernetes-object.js';
import { authorityDecisionOf, settledAuthority, type AuthoritySource } from '../../../../integrations/k8s-controller/src/world/settled-authority.js';
import { namespace, seen } from '../support/objects.js';

const settled = suite('k8s-controller/world/settled-authority');

const now = Date.parse('2026-06-01T00:00:00Z');
const [older, serving, operators] = await Promise.all([mintAuthority(now), mintAuthority(now), mintAuthority(now)]);
const name = 'policy-server-default.kubewarden.svc';
const leaf = await mintLeaf(serving, { commonName: name, dnsNames: [name] }, now);

const inNamespace = (object: SeenObject): SeenObject => ({ ...object, metadata: { ...object.metadata, namespace } });

/** A cluster whose Pods serve a certificate of `serving`, which its API server trusts. */
function cluster(authority: KeyPair, previous: string | undefined): AuthoritySource {
  const caBundle = Buffer.from(`${serving.certificate}\n${older.certificate}`).toString('base64');
  const objects = [
    inNamespace(seen('Secret', 'kubewarden-ca', { data: authorityData({ ...authority, previous }) })),
    inNamespace(seen('Secret', 'policy-server-default', { data: secretData({ 'tls.crt': leaf.certificate, 'tls.key': leaf.key }) })),
    seen('ValidatingWebhookConfiguration', 'clusterwide-a', { webhooks: [{ clientConfig: { caBundle, service: { namespace, name: 'policy-server-default' } } }] }),
  ];
  return {
    cache: { all: (kind) => objects.filter((object) => object.kind === kind), find: (kind, wanted) => objects.find((object) => object.kind === kind && object.metadata.name === wanted) },
    namespace,
    nowMs: () => now,
  };
}

settled('an authority that signed what is served is settled', () => {
  assert.is(settledAuthority(cluster(serving, undefined))?.certificate, serving.certificate);
});

settled('an authority whose Secret keeps the one that signed what is served is settled', () => {
  assert.is(settledAuthority(cluster(operators, serving.certificate))?.previous, serving.certificate);
});

for (const [title, previous] of [['without a previous one', undefined], ['beside the previous one of an earlier change', older.certificate]] as const) {
  settled(`nobody goes by an authority that was put there ${title} until the one that signed what is served is kept with it`, () => {
    const source = cluster(operators, previous);
    assert.is(settledAuthority(source), undefined);
    const decision = authorityDecisionOf(source);
    assert.is(decision.kind === 'set-previous' && decision.authority.previous?.trim(), serving.certificate.trim());
  });
}

settled.run();
