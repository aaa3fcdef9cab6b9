// What tests of the scanner as a program begin with: the program, a policy-server that answers it, and a cluster with objects.
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json, text } from 'node:stream/consumers';

import { createAuthority } from '../../support/policy-server/authority.js';
import { scratchFolder } from '../../support/scratch.js';
import { SimulatedCluster, type StoredObject } from './simulated-cluster.js';

export interface Review {
  readonly request: { readonly uid: string; readonly object: StoredObject };
}

/** What the policy-server was asked. */
export interface Question {
  readonly policy: string;
  readonly type: string | undefined;
  readonly review: Review;
}

export interface ScanEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly lines: readonly Readonly<Record<string, unknown>>[];
}

export interface Report extends StoredObject {
  readonly scope: Readonly<Record<string, string>>;
  readonly summary: Readonly<Record<string, number>>;
  readonly results: readonly { readonly policy: string; readonly result: string; readonly message?: string }[];
}

const folder = scratchFolder();

/** Writes a file and gives its path. */
export function file(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

/** A policy-server that accepts everything, and demands the scanner's certificate. */
export interface PolicyServer {
  readonly questions: readonly Question[];
  /** Waited for before each answer. */
  pause: () => Promise<unknown>;
  /** How it is asked. */
  readonly words: readonly string[];
  readonly close: () => void;
}

/** Starts a policy-server. */
export async function startPolicyServer(): Promise<PolicyServer> {
  const [servers, clients] = [await createAuthority('servers'), await createAuthority('clients')];
  const { certificate: cert, key } = await servers.issueServer();
  const client = await clients.issueClient('audit-scanner-client');
  const questions: Question[] = [];
  const web = createServer({ cert, key, requestCert: true, rejectUnauthorized: true, ca: clients.pem }, (request, response) => {
    void json(request).then(async (review) => {
      const question = { policy: request.url?.replace('/audit/', '') ?? '', type: request.headers['content-type'], review: review as Review };
      questions.push(question);
      await server.pause();
      response.writeHead(200).end(JSON.stringify({ response: { uid: question.review.request.uid, allowed: true } }));
    });
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(web.address() as AddressInfo).port}`;
  const words = ['--policy-server-url', url, '--extra-ca', file('ca.crt', servers.pem), '--client-cert', file('tls.crt', client.certificate), '--client-key', file('tls.key', client.key)];
  const close = (): void => {
    web.closeAllConnections();
    web.close();
  };
  const server: PolicyServer = { questions, pause: () => Promise.resolve(), words, close };
  return server;
}

/** Starts the scanner. */
export async function startScanner(cluster: SimulatedCluster, words: readonly string[]): Promise<{ readonly child: ChildProcess; readonly ended: Promise<ScanEnd> }> {
  const entry = { name: 'c', cluster: { 'server': await cluster.start(), 'insecure-skip-tls-verify': true } };
  const kubeConfig = file('kubeconfig', JSON.stringify({ 'apiVersion': 'v1', 'kind': 'Config', 'clusters': [entry], 'users': [{ name: 'u', user: { token: 't' } }], 'contexts': [{ name: 'x', context: { cluster: 'c', user: 'u' } }], 'current-context': 'x' }));
  const child = spawn(process.execPath, ['--conditions=@wasmwarden/source', 'build/integrations/audit/src/main.js', ...words], { env: { ...process.env, KUBECONFIG: kubeConfig }, stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
  const ended = Promise.all([text(child.stdout), text(child.stderr), closed]).then(([stdout, stderr, code]) => {
    const lines = stdout.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
    return { code, stdout, stderr, lines };
  });
  return { child, ended };
}

/** A Pod. */
export function pod(name: string, namespace: string): StoredObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace }, spec: { containers: [] } };
}

/** An active policy about resources, which are those of the core group unless the rules say otherwise. */
export function policy(name: string, resources: readonly string[] = ['pods'], spec: object = {}): StoredObject {
  return {
    apiVersion: 'policies.kubewarden.io/v1',
    kind: 'ClusterAdmissionPolicy',
    metadata: { name },
    spec: { policyServer: 'default', rules: [{ apiGroups: [''], apiVersions: ['v1'], resources, operations: ['CREATE'] }], ...spec },
    status: { policyStatus: 'active' },
  };
}

/** A cluster with namespaces of which each has a Pod, and policies. */
export function clusterWith(namespaces: readonly string[], policies: readonly StoredObject[], absent: readonly string[] = []): SimulatedCluster {
  const cluster = new SimulatedCluster(absent);
  for (const name of namespaces) {
    cluster.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    cluster.put(pod(`of-${name}`, name));
  }
  for (const one of policies) cluster.put(one);
  return cluster;
}

/** The names of what has a report. */
export function reported(cluster: SimulatedCluster, kind = 'PolicyReport'): readonly string[] {
  return (cluster.all(kind) as readonly Report[]).map(({ scope }) => scope['name'] ?? '').sort();
}
