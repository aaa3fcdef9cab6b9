// The certificate authority: made where there is none, followed where it is replaced. Admissions go on meanwhile, each of them judged.

import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';

import { scratchFolder } from '../../support/scratch.js';
import { ApiError } from '../api/client.js';
import type { ApiObject } from '../api/objects.js';
import { clusterSuite } from '../cluster-suite.js';
import type { Cluster } from '../cluster.js';
import { clusterPolicy, enforced, images, install, namespace, pod, pullSecretObject, rolledOut, sources, startPolicyRegistry, type PolicyRegistry } from './bench.js';

const { test, after, run } = await clusterSuite('cluster/controller/authority', { images });

let registry: PolicyRegistry | undefined;

interface Secret extends ApiObject {
  readonly data?: Readonly<Record<string, string>>;
}
const secretPath = (name: string): string => `/api/v1/namespaces/${namespace}/secrets/${name}`;
const pemOf = (secret: Secret | undefined, key: string): string | undefined => {
  const value = secret?.data?.[key];
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString();
};

interface Configuration extends ApiObject {
  readonly webhooks: readonly { readonly clientConfig: { readonly caBundle?: string } }[];
}
const configurationPath = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/clusterwide-privileged-pods';
const bundleOf = (configuration: Configuration | undefined): string => Buffer.from(configuration?.webhooks[0]?.clientConfig.caBundle ?? '', 'base64').toString();

/** Whether the authority's certificate signed the leaf. */
const signed = (leaf: string | undefined, authority: string | undefined): boolean => {
  if (leaf === undefined || authority === undefined) return false;
  const [certificate, issuer] = [new X509Certificate(leaf), new X509Certificate(authority)];
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
};

/** An authority as an operator makes it, good for a year. */
function operatorsAuthority(): { readonly ca: string; readonly caKey: string } {
  const folder = scratchFolder();
  const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'ca.key', '-out', 'ca.crt', '-days', '365', '-subj', '/CN=the operator', '-addext', 'keyUsage=critical,keyCertSign'];
  execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' });
  return { ca: readFileSync(join(folder, 'ca.crt'), 'utf8'), caKey: readFileSync(join(folder, 'ca.key'), 'utf8') };
}

/** Asks for a privileged Pod again and again; gives all the different answers until it is stopped. */
function admissions(cluster: Cluster): { readonly stop: () => Promise<ReadonlyMap<string, number>> } {
  const answers = new Map<string, number>();
  let going = true;
  const asking = (async (): Promise<void> => {
    while (going) {
      const answer = await cluster.client.create('/api/v1/namespaces/default/pods?dryRun=All', pod('asked', { privileged: true })).then(
        () => 'admitted',
        (error: unknown) => (error instanceof ApiError ? error.message : String(error)),
      );
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
    }
  })();
  return {
    stop: async () => {
      going = false;
      await asking;
      return answers;
    },
  };
}

/** Changes the authority, waits until everything follows, and expects each admission meanwhile to be judged. */
async function replaced(cluster: Cluster, timeoutEvalSeconds: number, change: () => Promise<unknown>): Promise<string> {
  const before = pemOf(await cluster.read<Secret>(secretPath('kubewarden-ca')), 'ca.crt');
  const asking = admissions(cluster);
  await change();
  const authority = pemOf(await cluster.until<Secret>(secretPath('kubewarden-ca'), (secret) => ![undefined, before].includes(pemOf(secret, 'ca.crt'))), 'ca.crt');
  for (const name of ['policy-server-default', 'kubewarden-webhook-server-cert']) await cluster.until<Secret>(secretPath(name), (secret) => signed(pemOf(secret, 'tls.crt'), authority));
  await cluster.until<Configuration>(configurationPath, (configuration) => bundleOf(configuration).includes(authority?.trim() ?? '-'));
  // A Node takes its time to bring a changed Secret to running Pods, and the authority before stays trusted for them; Pods that start
  // now have the new certificate from the beginning.
  await cluster.kubectl(['patch', 'cap', 'privileged-pods', '--type=merge', '-p', JSON.stringify({ spec: { timeoutEvalSeconds } })]);
  await rolledOut(cluster, 'policy-server-default');
  await enforced(cluster, 'privileged-pods');
  const answers = await asking.stop();
  console.log(`# ${[...answers].map(([answer, count]) => `${count} times: ${answer}`).join('; ')}`);
  assert.equal([...answers.keys()].filter((answer) => !answer.includes('Privileged container is not allowed')), []);
  return authority ?? '';
}

test('a cluster without an authority gets one, and certificates that it signed', async (cluster) => {
  registry = await startPolicyRegistry(cluster);
  await install(cluster);
  await cluster.apply([pullSecretObject(registry)]);
  await cluster.kubectl(['patch', 'ps', 'default', '--type=merge', '-p', JSON.stringify({ spec: sources(registry) })]);
  await cluster.apply([clusterPolicy('privileged-pods', { module: registry.moduleOf('pod-privileged') })]);
  await enforced(cluster, 'privileged-pods');
  const authority = pemOf(await cluster.read<Secret>(secretPath('kubewarden-ca')), 'ca.crt');
  for (const name of ['policy-server-default', 'kubewarden-webhook-server-cert']) assert.ok(signed(pemOf(await cluster.read<Secret>(secretPath(name)), 'tls.crt'), authority), name);
});

test('an authority that is deleted is made anew; certificates and webhooks follow, and every admission meanwhile is judged', async (cluster) => {
  await replaced(cluster, 3, () => cluster.kubectl(['delete', 'secret', 'kubewarden-ca', '-n', namespace]));
});

test('an authority that an operator puts in its place is followed likewise', async (cluster) => {
  const { ca, caKey } = operatorsAuthority();
  const data = { 'ca.crt': Buffer.from(ca).toString('base64'), 'ca.key': Buffer.from(caKey).toString('base64') };
  const authority = await replaced(cluster, 4, () => cluster.kubectl(['patch', 'secret', 'kubewarden-ca', '-n', namespace, '--type=merge', '-p', JSON.stringify({ data })]));
  assert.is(authority.trim(), ca.trim());
});

after(async () => registry?.[Symbol.asyncDispose]());

run();
