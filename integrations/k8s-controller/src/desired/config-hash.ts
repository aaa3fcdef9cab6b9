// The version of a policy-server's configuration: a fingerprint of its content, so that nobody has to ask the cluster for a version
// after writing, and the same policies always have the same one.
import { createHash } from 'node:crypto';

/** 32 hexadecimal digits; fits a label. */
export type ConfigHash = string & { readonly configHash: unique symbol };

const digits = 32;

/** The hash of a ConfigMap's data: SHA-256 over its canonical JSON, cut. */
export function configHash(canonicalData: string): ConfigHash {
  return createHash('sha256').update(canonicalData, 'utf8').digest('hex').slice(0, digits) as ConfigHash;
}

/** Tells whether a text could be a hash. */
export function isConfigHash(text: string): text is ConfigHash {
  return new RegExp(`^[0-9a-f]{${digits}}$`).test(text);
}
