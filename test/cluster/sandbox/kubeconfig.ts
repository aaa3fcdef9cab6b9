// Kubeconfigs with everything inside; JSON, which is YAML too.

import { readFile, writeFile } from 'node:fs/promises';
import type { Credentials } from '../api/client.js';
import { readCertificate, type CertificateFiles } from './certificates.js';

/** What makes a user's access to an API server. */
export interface Access {
  readonly server: string;
  /** Path of the authority that issued the server's certificate. */
  readonly authority: string;
  readonly user: CertificateFiles;
}

/** The same access for our own client. */
export async function credentialsOf(access: Access): Promise<Credentials> {
  return { server: access.server, ca: await readFile(access.authority, 'utf8'), ...(await readCertificate(access.user)) };
}

/** Writes the access as a kubeconfig file. */
export async function writeKubeconfig(path: string, access: Access): Promise<void> {
  const { ca, certificate, key } = await credentialsOf(access);
  const base64 = (pem: string | undefined): string => Buffer.from(pem ?? '').toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    clusters: [{ name: 'test', cluster: { server: access.server, 'certificate-authority-data': base64(ca) } }],
    users: [{ name: 'test', user: { 'client-certificate-data': base64(certificate), 'client-key-data': base64(key) } }],
  };
  await writeFile(path, `${JSON.stringify(config, undefined, 2)}\n`, { mode: 0o600 });
}

/** Reads a kubeconfig that {@link writeKubeconfig} wrote. */
export async function readKubeconfig(path: string): Promise<Credentials> {
  const config = JSON.parse(await readFile(path, 'utf8')) as {
    clusters: { cluster: { server: string; 'certificate-authority-data': string } }[];
    users: { user: { 'client-certificate-data': string; 'client-key-data': string } }[];
  };
  const cluster = config.clusters[0]?.cluster;
  const user = config.users[0]?.user;
  if (cluster === undefined || user === undefined) throw new Error(`${path} names no cluster or no user`);
  const pem = (base64: string): string => Buffer.from(base64, 'base64').toString();
  return {
    server: cluster.server,
    ca: pem(cluster['certificate-authority-data']),
    certificate: pem(user['client-certificate-data']),
    key: pem(user['client-key-data']),
  };
}
