import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { guest } from './guest.js';

const absent = suite('wasi/absent');

const everyDescriptor = [0, 1, 2, 3, 77, -1];

/** Arguments behind the descriptor; pointers are outside memory on purpose, since none may be looked at. */
const fileCalls: readonly (readonly [string, ...(number | bigint)[]])[] = [
  ['fd_prestat_get', -1],
  ['fd_prestat_dir_name', -1, -1],
  ['fd_advise', 0n, 0n, 0],
  ['fd_allocate', 0n, 1n],
  ['fd_filestat_set_size', 1n],
  ['fd_filestat_set_times', 0n, 0n, 0],
  ['fd_readdir', -1, -1, 0n, -1],
  ['path_create_directory', -1, -1],
  ['path_filestat_get', 0, -1, -1, -1],
  ['path_filestat_set_times', 0, -1, -1, 0n, 0n, 0],
  ['path_link', 0, -1, -1, 3, -1, -1],
  ['path_open', 0, -1, -1, 0, 0n, 0n, 0, -1],
  ['path_readlink', -1, -1, -1, -1, -1],
  ['path_remove_directory', -1, -1],
  ['path_rename', -1, -1, 3, -1, -1],
  ['path_unlink_file', -1, -1],
];
for (const [name, ...args] of fileCalls) {
  absent(`${name} finds no file or directory behind any descriptor`, () => {
    assert.equal(everyDescriptor.map((fd) => guest().call(name, fd, ...args)), everyDescriptor.map(() => 8));
  });
}

absent('path_symlink finds no directory behind any descriptor', () => {
  assert.equal(everyDescriptor.map((fd) => guest().call('path_symlink', -1, -1, fd, -1, -1)), everyDescriptor.map(() => 8));
});

for (const [name, ...args] of [
  ['sock_accept', 0, -1],
  ['sock_recv', -1, 1, 0, -1, -1],
  ['sock_send', -1, 1, 0, -1],
  ['sock_shutdown', 3],
] as const) {
  absent(`${name}: a stream is no socket, and nothing else is open`, () => {
    assert.equal(everyDescriptor.map((fd) => guest().call(name, fd, ...args)), [57, 57, 57, 8, 8, 8]);
  });
}

absent.run();
