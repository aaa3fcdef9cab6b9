// Certificates of the cluster, made with the machine's openssl: P-256 keys, valid for a month.

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Paths of a certificate and its key, PEM. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

/** Whom a certificate names: a user with groups, or a server with names and addresses, or both. */
export interface CertificateSubject {
  readonly commonName: string;
  readonly organizations?: readonly string[];
  readonly dnsNames?: readonly string[];
  readonly addresses?: readonly string[];
}

const DAYS = '30';
const NEW_KEY = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-utf8', '-days', DAYS];

/** Makes a certificate authority as `<folder>/<name>.crt` and `.key`. */
export async function createAuthority(folder: string, name: string): Promise<CertificateFiles> {
  const files = filesNamed(folder, name);
  const extensions = ['-addext', 'keyUsage=critical,digitalSignature,keyCertSign,cRLSign'];
  await run('openssl', [...NEW_KEY, '-keyout', files.key, '-out', files.certificate, '-subj', `/CN=${name}`, ...extensions]);
  return files;
}

/** Issues a certificate as `<folder>/<name>.crt` and `.key`, for clients and servers alike. */
export async function issueCertificate(authority: CertificateFiles, folder: string, name: string, subject: CertificateSubject): Promise<CertificateFiles> {
  const files = filesNamed(folder, name);
  const words = [...(subject.organizations ?? []).map((organization) => `/O=${escaped(organization)}`), `/CN=${escaped(subject.commonName)}`];
  const alternatives = [...(subject.dnsNames ?? []).map((dns) => `DNS:${dns}`), ...(subject.addresses ?? []).map((address) => `IP:${address}`)];
  const extensions = ['basicConstraints=critical,CA:FALSE', 'keyUsage=critical,digitalSignature', 'extendedKeyUsage=clientAuth,serverAuth'];
  if (alternatives.length > 0) extensions.push(`subjectAltName=${alternatives.join(',')}`);
  await run('openssl', [
    ...NEW_KEY,
    ...['-CA', authority.certificate, '-CAkey', authority.key, '-keyout', files.key, '-out', files.certificate],
    ...['-subj', words.join('')],
    ...extensions.flatMap((extension) => ['-addext', extension]),
  ]);
  return files;
}

/** Makes a key pair that signs ServiceAccount tokens. */
export async function createSigningKey(folder: string, name: string): Promise<{ publicKey: string; privateKey: string }> {
  const privateKey = join(folder, `${name}.key`);
  const publicKey = join(folder, `${name}.pub`);
  await run('openssl', ['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', privateKey]);
  await run('openssl', ['ec', '-in', privateKey, '-pubout', '-out', publicKey]);
  return { publicKey, privateKey };
}

/** Reads both files. */
export async function readCertificate(files: CertificateFiles): Promise<{ certificate: string; key: string }> {
  return { certificate: await readFile(files.certificate, 'utf8'), key: await readFile(files.key, 'utf8') };
}

function filesNamed(folder: string, name: string): CertificateFiles {
  return { certificate: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
}

/** In openssl's -subj a slash starts the next part of the name. */
function escaped(word: string): string {
  return word.replaceAll(/[\\/+]/g, '\\$&');
}
