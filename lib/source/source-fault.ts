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

const problems: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of the path is no folder',
  EISDIR: 'it is a folder',
  ELOOP: 'its symbolic links lead in a circle',
  ENOSPC: 'no space left on the device',
  EACCES: 'access is not permitted',
  EPERM: 'access is not permitted',
  EROFS: 'access is not permitted',
};

/** The words for what a file system refused. */
export function fileProblem(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  if (typeof code !== 'string') return 'unknown problem';
  const words = problems[code];
  return words === undefined ? code : `${words} (${code})`;
}
