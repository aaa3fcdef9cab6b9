// The descriptors of a guest: the three standard streams and nothing else, since there are no files and no sockets.

import { errno, type Errno } from './errno.js';

/** What a descriptor is connected to. */
export type Stream = 'stdin' | 'stdout' | 'stderr';

/** One open descriptor; never changed in place, so that tables can be kept and put back. */
export interface Descriptor {
  readonly stream: Stream;
  /** `fdflags`, as the guest last set them: nothing here blocks or is positioned, so they have no effect. */
  readonly flags: number;
  /** `rights` for the descriptor itself and for descriptors made from it. */
  readonly rights: bigint;
  readonly inheriting: bigint;
}

/** Open descriptors by number. */
export type DescriptorTable = ReadonlyMap<number, Descriptor>;

/** The bits of `rights` that a stream can have. */
export const right = {
  fdDatasync: 1n << 0n,
  fdRead: 1n << 1n,
  fdstatSetFlags: 1n << 3n,
  fdSync: 1n << 4n,
  fdWrite: 1n << 6n,
  filestatGet: 1n << 21n,
  pollReadWrite: 1n << 27n,
} as const;

const commonRights = right.fdDatasync | right.fdstatSetFlags | right.fdSync | right.filestatGet | right.pollReadWrite;

/** The rights a stream starts with. */
export function initialRights(stream: Stream): bigint {
  return commonRights | (stream === 'stdin' ? right.fdRead : right.fdWrite);
}

function opened(stream: Stream): Descriptor {
  return { stream, flags: 0, rights: initialRights(stream), inheriting: 0n };
}

/** What every guest starts with: 0, 1 and 2. */
export const standardStreams: DescriptorTable = new Map([
  [0, opened('stdin')],
  [1, opened('stdout')],
  [2, opened('stderr')],
]);

/**
 * The descriptor, or why an operation that needs a right may not run on it.
 *
 * A stream of the wrong direction is a bad descriptor, as in POSIX; a right that the guest gave up itself is a missing capability.
 */
export function permitted(descriptor: Descriptor | undefined, needed: bigint): Descriptor | Errno {
  if (descriptor === undefined || (initialRights(descriptor.stream) & needed) !== needed) return errno.badf;
  return (descriptor.rights & needed) === needed ? descriptor : errno.notcapable;
}
