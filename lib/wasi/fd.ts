// What can be asked of a descriptor besides moving bytes: its attributes, its rights, its number, its end.

import { permitted, right } from './descriptors.js';
import { errno, type Errno } from './errno.js';
import type { SnapshotLayout } from './layout.js';
import type { Session } from './session.js';
import type { WasiFunctions } from './wasi-function.js';

/** `filetype.unknown`: a stream is no terminal (guests would stop buffering), no file and no socket. */
const fileType = 0;

const fdstatBytes = 24;
const allFdFlags = 0x1f;
const lastWhence = 2;

/** `fd_fdstat_*` and `fd_filestat_get`. */
function attributeFunctions(session: Session, layout: SnapshotLayout): WasiFunctions {
  const { memory } = session;
  return {
    fd_fdstat_get(fd: number, result: number): number {
      const descriptor = session.descriptor(fd);
      if (descriptor === undefined) return errno.badf;
      const record = memory.view(result, fdstatBytes, 'fd_fdstat_get');
      record.setBigUint64(0, 0n, true);
      record.setUint8(0, fileType);
      record.setUint16(2, descriptor.flags, true);
      record.setBigUint64(8, descriptor.rights, true);
      record.setBigUint64(16, descriptor.inheriting, true);
      return errno.success;
    },
    fd_fdstat_set_flags(fd: number, flags: number): number {
      const descriptor = session.descriptorFor(fd, right.fdstatSetFlags);
      if (typeof descriptor === 'number') return descriptor;
      if ((flags & ~allFdFlags) !== 0) return errno.inval;
      session.setDescriptors([fd, { ...descriptor, flags }]);
      return errno.success;
    },
    fd_fdstat_set_rights(fd: number, rights: bigint, inheriting: bigint): number {
      const descriptor = session.descriptor(fd);
      if (descriptor === undefined) return errno.badf;
      if ((rights & ~descriptor.rights) !== 0n || (inheriting & ~descriptor.inheriting) !== 0n) return errno.notcapable;
      session.setDescriptors([fd, { ...descriptor, rights, inheriting }]);
      return errno.success;
    },
    fd_filestat_get(fd: number, result: number): number {
      const descriptor = session.descriptorFor(fd, right.filestatGet);
      if (typeof descriptor === 'number') return descriptor;
      // A stream has no device, inode, links, size or times: all zero, and the type's number is zero as well.
      memory.bytes(result, layout.filestatBytes, 'fd_filestat_get').fill(fileType);
      return errno.success;
    },
  };
}

/** `fd_close` and `fd_renumber`. */
function numberFunctions(session: Session): WasiFunctions {
  return {
    fd_close(fd: number): number {
      if (session.descriptor(fd) === undefined) return errno.badf;
      session.setDescriptors([fd, undefined]);
      return errno.success;
    },
    fd_renumber(from: number, to: number): number {
      const moved = session.descriptor(from);
      if (moved === undefined || session.descriptor(to) === undefined) return errno.badf;
      session.setDescriptors([from, undefined], [to, moved]);
      return errno.success;
    },
  };
}

/** The `fd_*` functions that need no buffers. */
export function fdFunctions(session: Session, layout: SnapshotLayout): WasiFunctions {
  const openElseBadf = (answer: Errno) => (fd: number) => (session.descriptor(fd) === undefined ? errno.badf : answer);
  /** Whatever was written has already been handed over, so there is nothing left to do. */
  const synchronized = (needed: bigint) => (fd: number) => {
    const descriptor = permitted(session.descriptor(fd), needed);
    return typeof descriptor === 'number' ? descriptor : errno.success;
  };
  return {
    ...attributeFunctions(session, layout),
    ...numberFunctions(session),
    fd_datasync: synchronized(right.fdDatasync),
    fd_sync: synchronized(right.fdSync),
    fd_pread: openElseBadf(errno.spipe),
    fd_pwrite: openElseBadf(errno.spipe),
    fd_seek(fd: number, _offset: bigint, whence: number): number {
      if (whence >>> 0 > lastWhence) return errno.inval;
      return openElseBadf(errno.spipe)(fd);
    },
    fd_tell: openElseBadf(errno.spipe),
  };
}
