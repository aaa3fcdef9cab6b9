// Throw-away certificates for loopback servers, made by openssl.
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { scratchFolder } from './scratch.js';

/** A certificate authority and a certificate it signed; each as PEM, and where they are. */
export interface TestCertificates {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
  readonly folder: string;
  /** Holds `ca.crt` and nothing else. */
  readonly authorityFolder: string;
}

function openssl(folder: string, ...args: readonly string[]): void {
  execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
}

/** Makes an authority and a certificate for `localhost` and `127.0.0.1`, or other names. */
export function makeCertificates(names = 'DNS:localhost,IP:127.0.0.1'): TestCertificates {
  const folder = scratchFolder();
  writeFileSync(join(folder, 'leaf.ext'), `subjectAltName=${names}\nextendedKeyUsage=serverAuth\n`);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(folder, 'req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', '-days', '2', '-subj', '/CN=test authority', '-addext', 'keyUsage=critical,keyCertSign');
  openssl(folder, 'req', ...key, '-keyout', 'tls.key', '-out', 'tls.csr', '-subj', '/CN=test server');
  openssl(folder, 'x509', '-req', '-in', 'tls.csr', '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'leaf.ext', '-out', 'tls.crt');
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const authorityFolder = scratchFolder();
  copyFileSync(join(folder, 'ca.crt'), join(authorityFolder, 'ca.crt'));
  return { ca: read('ca.crt'), certificate: read('tls.crt'), key: read('tls.key'), folder, authorityFolder };
}
