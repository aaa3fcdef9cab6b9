// The authorities that the API server is to trust when it calls a webhook.
import type { Authority } from '../world/world.js';

/** Certificates as PEM: the authority's, and the previous one's while something may still be signed by it (contract C8). */
export function authorityBundle({ certificate, previous }: Authority): string {
  return previous === undefined ? certificate : `${certificate.trimEnd()}\n${previous}`;
}

const pemCertificate = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** The certificates of a bundle, one by one. */
export function certificatesOf(bundle: string): readonly string[] {
  return bundle.match(pemCertificate) ?? [];
}
