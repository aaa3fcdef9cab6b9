// What can go wrong on the way from a location to a module in the store. Faults of the network keep their own codes.
import { Fault } from '../fault.js';

export type SourceFaultCode =
  | 'ARCHIVE_INVALID'
  | 'LOCATION_INVALID'
  | 'MODULE_DIGEST_MISMATCH'
  | 'MODULE_DOWNLOAD_FAILED'
  | 'MODULE_INVALID'
  | 'MODULE_NOT_FOUND'
  | 'MODULE_TOO_LARGE'
  | 'SOURCES_INVALID'
  | 'STORE_READ_FAILED'
  | 'STORE_WRITE_FAILED'
  | 'VERIFICATION_UNAVAILABLE';

/** A fault of this area. */
export function sourceFault(code: SourceFaultCode, message: string, options: { readonly retryable?: boolean; readonly retryAfterMs?: number | undefined } = {}): Fault<SourceFaultCode> {
  const { retryable = false, retryAfterMs } = options;
  return new Fault(code, message, { retryable, ...(retryAfterMs === undefined ? {} : { context: { retryAfterMs } }) });
}

/** The words for what a file system refused. */
export function fileProblem(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOSPC') return 'no space left on the device (ENOSPC)';
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return `access is not permitted (${code})`;
  return typeof code === 'string' ? code : 'unknown problem';
}
