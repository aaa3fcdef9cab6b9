// Error numbers of preview 1 that this implementation answers with. Snapshot 0 uses the same numbers.

/**
 * What a WASI function returns, by name.
 *
 * @see https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#errno
 */
export const errno = {
  success: 0,
  badf: 8,
  inval: 28,
  notsock: 57,
  notsup: 58,
  spipe: 70,
  notcapable: 76,
} as const;

/** One of the numbers in `errno`. */
export type Errno = (typeof errno)[keyof typeof errno];
