// Which requests nothing may be told about.
import type { Request } from 'wasmwarden';

/**
 * Tells whether a request is about a Secret: no word a policy says of it may reach a log.
 *
 * A raw request has no fields to go by; one that holds the word is taken for one.
 */
export function isAboutSecret(request: Request): boolean {
  if (request.kind === 'raw') return Buffer.from(request.bytes.buffer, request.bytes.byteOffset, request.bytes.byteLength).includes('"Secret"');
  const { resource, requestKind } = request;
  return (resource.kind === 'Secret' && resource.group === '') || requestKind === 'Secret';
}
