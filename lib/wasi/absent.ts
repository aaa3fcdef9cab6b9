// The functions for what does not exist in the sandbox: files, directories and sockets. None looks at guest memory.

import { errno } from './errno.js';
import type { Session } from './session.js';
import type { WasiFunctions } from './wasi-function.js';

/** What needs a file or a directory; no descriptor is either, so every descriptor is a bad one. */
const fileFunctions = [
  'fd_advise',
  'fd_allocate',
  'fd_filestat_set_size',
  'fd_filestat_set_times',
  // Answering `badf` for descriptor 3 is how guests learn that there are no preopened directories.
  'fd_prestat_get',
  'fd_prestat_dir_name',
  'fd_readdir',
  'path_create_directory',
  'path_filestat_get',
  'path_filestat_set_times',
  'path_link',
  'path_open',
  'path_readlink',
  'path_remove_directory',
  'path_rename',
  'path_symlink',
  'path_unlink_file',
] as const;

/** `fd_*` of files, `path_*` and `sock_*`. */
export function absentFunctions(session: Session): WasiFunctions {
  const noFile = () => errno.badf;
  const noSocket = (fd: number) => (session.descriptor(fd) === undefined ? errno.badf : errno.notsock);
  return {
    ...Object.fromEntries(fileFunctions.map((name) => [name, noFile])),
    sock_accept: noSocket,
    sock_recv: noSocket,
    sock_send: noSocket,
    sock_shutdown: noSocket,
  };
}
