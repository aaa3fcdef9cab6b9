// Which requests nothing may be told about.
import type { Request } from 'wasmwarden';

/** Tells whether a request is about a Secret: no word a policy says of it may reach a log. */
export function isAboutSecret(request: Request): boolean {
  return request.kind === 'kubernetes' && request.resource.kind === 'Secret' && request.resource.group === '';
}
