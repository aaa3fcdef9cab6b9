// A certificate for a developer's machine: seven days, loopback names, its authority's key never written anywhere.
import { createCA, createCert } from 'mkcert';

import { tlsMaterial, type TlsMaterial } from './tls-material.js';

const validityDays = 7;

/** What to serve with, and the authority that clients have to trust. */
export interface DevelopmentCertificate {
  readonly material: TlsMaterial;
  readonly authority: string;
}

/** Makes a new authority and a certificate for `localhost`. */
export async function createDevelopmentCertificate(): Promise<DevelopmentCertificate> {
  const authority = await createCA({ organization: 'wasmwarden development', countryCode: 'XX', state: '-', locality: '-', validity: validityDays });
  const leaf = await createCert({ domains: ['localhost', '127.0.0.1', '::1'], validity: validityDays, ca: authority });
  return { material: tlsMaterial({ certificate: leaf.cert, key: leaf.key, clientCas: [] }), authority: authority.cert };
}
