// Types of the WASI functions, as the specification's ABI has them: the loader compares a module's imports with these,
// because JavaScript does not.
import type { Signature } from '../wasm/signature.js';

/** Parameters per function: `i` is an i32, `I` an i64. Every function gives an i32 (the error number) but `proc_exit`. */
const parameters: Readonly<Record<string, string>> = {
  args_get: 'ii', args_sizes_get: 'ii', environ_get: 'ii', environ_sizes_get: 'ii',
  clock_res_get: 'ii', clock_time_get: 'iIi',
  fd_advise: 'iIIi', fd_allocate: 'iII', fd_close: 'i', fd_datasync: 'i', fd_fdstat_get: 'ii', fd_fdstat_set_flags: 'ii',
  fd_fdstat_set_rights: 'iII', fd_filestat_get: 'ii', fd_filestat_set_size: 'iI', fd_filestat_set_times: 'iIIi',
  fd_pread: 'iiiIi', fd_prestat_get: 'ii', fd_prestat_dir_name: 'iii', fd_pwrite: 'iiiIi', fd_read: 'iiii',
  fd_readdir: 'iiiIi', fd_renumber: 'ii', fd_seek: 'iIii', fd_sync: 'i', fd_tell: 'ii', fd_write: 'iiii',
  path_create_directory: 'iii', path_filestat_get: 'iiiii', path_filestat_set_times: 'iiiiIIi', path_link: 'iiiiiii',
  path_open: 'iiiiiIIii', path_readlink: 'iiiiii', path_remove_directory: 'iii', path_rename: 'iiiiii',
  path_symlink: 'iiiii', path_unlink_file: 'iii',
  poll_oneoff: 'iiii', proc_exit: 'i', proc_raise: 'i', sched_yield: '', random_get: 'ii',
  sock_accept: 'iii', sock_recv: 'iiiiii', sock_send: 'iiiii', sock_shutdown: 'ii',
};

const preview1: Readonly<Record<string, Signature>> = Object.fromEntries(
  Object.entries(parameters).map(([name, letters]) => [
    name,
    { params: Array.from(letters, (letter) => (letter === 'I' ? ('i64' as const) : ('i32' as const))), results: name === 'proc_exit' ? [] : ['i32' as const] },
  ]),
);

/** Signatures by import module: `sock_accept` came with preview 1. */
export const wasiSignatures: Readonly<Record<'wasi_snapshot_preview1' | 'wasi_unstable', Readonly<Record<string, Signature>>>> = {
  wasi_snapshot_preview1: preview1,
  wasi_unstable: Object.fromEntries(Object.entries(preview1).filter(([name]) => name !== 'sock_accept')),
};
