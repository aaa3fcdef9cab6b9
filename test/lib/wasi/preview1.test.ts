import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { GuestExit } from '../../../lib/outcome.js';
import { GuestPointerError } from '../../../lib/wapc/memory.js';
import { createWasi } from '../../../lib/wasi/preview1.js';
import { wasiSignatures } from '../../../lib/wasi/signatures.js';
import { wat } from '../../support/wat.js';
import { guest, invoke } from './guest.js';
import { world } from './surroundings.js';

const preview1 = suite('wasi/preview1');

/** Parameters of every function as the witx of preview 1 lowers them: i for i32, I for i64. All but `proc_exit` return an i32. */
const signatures: Readonly<Record<string, string>> = {
  args_get: 'ii',
  args_sizes_get: 'ii',
  environ_get: 'ii',
  environ_sizes_get: 'ii',
  clock_res_get: 'ii',
  clock_time_get: 'iIi',
  fd_advise: 'iIIi',
  fd_allocate: 'iII',
  fd_close: 'i',
  fd_datasync: 'i',
  fd_fdstat_get: 'ii',
  fd_fdstat_set_flags: 'ii',
  fd_fdstat_set_rights: 'iII',
  fd_filestat_get: 'ii',
  fd_filestat_set_size: 'iI',
  fd_filestat_set_times: 'iIIi',
  fd_pread: 'iiiIi',
  fd_prestat_get: 'ii',
  fd_prestat_dir_name: 'iii',
  fd_pwrite: 'iiiIi',
  fd_read: 'iiii',
  fd_readdir: 'iiiIi',
  fd_renumber: 'ii',
  fd_seek: 'iIii',
  fd_sync: 'i',
  fd_tell: 'ii',
  fd_write: 'iiii',
  path_create_directory: 'iii',
  path_filestat_get: 'iiiii',
  path_filestat_set_times: 'iiiiIIi',
  path_link: 'iiiiiii',
  path_open: 'iiiiiIIii',
  path_readlink: 'iiiiii',
  path_remove_directory: 'iii',
  path_rename: 'iiiiii',
  path_symlink: 'iiiii',
  path_unlink_file: 'iii',
  poll_oneoff: 'iiii',
  proc_exit: 'i',
  proc_raise: 'i',
  sched_yield: '',
  random_get: 'ii',
  sock_accept: 'iii',
  sock_recv: 'iiiiii',
  sock_send: 'iiiii',
  sock_shutdown: 'ii',
};
const laterThanSnapshot0 = 'sock_accept';
const names = Object.keys(signatures);

/** The types of a function's parameters. */
function parametersOf(name: string): readonly ('i32' | 'i64')[] {
  return Array.from(signatures[name] ?? '', (letter) => (letter === 'I' ? 'i64' : 'i32'));
}

const modules = [
  ['wasi_snapshot_preview1', names],
  ['wasi_unstable', names.filter((name) => name !== laterThanSnapshot0)],
] as const;

preview1('the table that modules are checked with says the same', () => {
  for (const [importModule, functions] of modules) {
    const found = Object.entries(wasiSignatures[importModule]).map(([name, { params, results }]) => `${name}: ${params.join(' ')} -> ${results.join(' ')}`);
    const expected = functions.map((name) => `${name}: ${parametersOf(name).join(' ')} -> ${name === 'proc_exit' ? '' : 'i32'}`);
    assert.equal(found.sort(), expected.sort());
  }
});

preview1('preview 1 has 46 functions and the snapshot before it 45', () => {
  assert.equal(modules.map(([, functions]) => functions.length), [46, 45]);
});

/** A module that imports every function under its name and exports it again, with the signatures above. */
function moduleOfAll(importModule: string, functions: readonly string[]): Uint8Array<ArrayBuffer> {
  const lines = functions.flatMap((name) => {
    const parameters = parametersOf(name);
    const type = `${parameters.length > 0 ? `(param ${parameters.join(' ')})` : ''} ${name === 'proc_exit' ? '' : '(result i32)'}`;
    const operands = parameters.map((_, index) => `(local.get ${index})`).join(' ');
    return [`(import "${importModule}" "${name}" (func $${name} ${type}))`, `(func (export "${name}") ${type} (call $${name} ${operands}))`];
  });
  const imports = lines.filter((line) => line.startsWith('(import'));
  return wat(`(module ${imports.join('\n')} (memory (export "memory") 1) ${lines.filter((line) => !line.startsWith('(import')).join('\n')})`);
}

for (const [importModule, functions] of modules) {
  preview1(`${importModule} offers exactly its functions, none wanting more than it is given`, () => {
    const offered = createWasi(world().ports, () => new WebAssembly.Memory({ initial: 1 })).imports[importModule];
    assert.equal(Object.keys(offered).sort(), [...functions].sort());
    for (const [name, target] of Object.entries(offered)) {
      assert.ok(target.length <= parametersOf(name).length, `${name} takes ${target.length} arguments`);
    }
  });

  preview1(`a module that imports all of ${importModule} links, and every call comes back`, () => {
    const module = new WebAssembly.Module(moduleOfAll(importModule, functions));
    for (const name of functions) {
      // A new guest for each call, so that closing and renumbering have no say in the others; descriptor 1, zeros else.
      const memory = (): WebAssembly.Memory => instance.exports['memory'] as WebAssembly.Memory;
      const instance = new WebAssembly.Instance(module, { ...createWasi(world().ports, memory).imports });
      const args = parametersOf(name).map((type, index) => (type === 'i64' ? 0n : index === 0 ? 1 : 0));
      const run = () => invoke(instance.exports[name], ...args);
      if (name === 'proc_exit') assert.throws(run, (thrown: unknown) => thrown instanceof GuestExit && thrown.code === 1);
      else assert.type(run(), 'number', name);
    }
  });
}

/** Numbers at which pointers, lengths and descriptors turn over, and any others. */
const anyI32 = fc.oneof(fc.constantFrom(0, 1, 2, 3, 8, 64, 65_528, 131_040, 131_071, 131_072, -1, -8, 0x7fffffff, -0x80000000), fc.integer());
const anyI64 = fc.oneof(fc.constantFrom(0n, 1n, -1n, 1n << 62n), fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }));

preview1('whatever a guest passes and holds in memory, a call ends with an error number, by leaving or as a trap', () => {
  const call = fc.constantFrom(...names).chain((name) => fc.tuple(fc.constant(name), fc.tuple(...parametersOf(name).map((type) => (type === 'i64' ? anyI64 : anyI32)))));
  const property = fc.property(fc.array(call, { minLength: 1, maxLength: 8 }), fc.array(anyI32, { maxLength: 40 }), (calls, words) => {
    const target = guest(['policy.wasm', 'validate'], 'input');
    new Int32Array(target.memory.buffer).set(words);
    for (const [name, args] of calls) {
      try {
        const result = target.call(name, ...args);
        assert.ok(Number.isInteger(result) && Number(result) >= 0 && Number(result) <= 76, `${name} returned ${String(result)}`);
      } catch (thrown) {
        if (!(thrown instanceof GuestPointerError) && !(thrown instanceof GuestExit)) throw thrown;
      }
    }
  });
  fc.assert(property, { seed: 3, numRuns: 2000 });
});

preview1('both names act on the same descriptors', () => {
  const { call, callUnstable } = guest();
  assert.is(callUnstable('fd_close', 1), 0);
  assert.is(call('fd_close', 1), 8);
});

preview1('the memory is looked up for every call, so instances can be replaced', () => {
  const first = new WebAssembly.Memory({ initial: 1 });
  const second = new WebAssembly.Memory({ initial: 1 });
  let current = first;
  const { imports } = createWasi(world().ports, () => current);
  invoke(imports.wasi_snapshot_preview1['args_sizes_get'], 0, 4);
  current = second;
  invoke(imports.wasi_snapshot_preview1['args_sizes_get'], 8, 12);
  assert.equal([...new Uint32Array(first.buffer).slice(0, 3)], [1, 12, 0]);
  assert.equal([...new Uint32Array(second.buffer).slice(0, 3)], [0, 0, 1]);
});

preview1('memory that grew is written to where it is now', () => {
  const { call, memory, view } = guest();
  memory.grow(1);
  assert.is(call('args_sizes_get', 131_072, 131_076), 0);
  assert.is(view().getUint32(131_072, true), 1);
});

preview1('a restored state forgets what was closed, renumbered, given up and flagged since', () => {
  const { call, save, restore, view } = guest();
  const before = save();
  call('fd_close', 0);
  call('fd_renumber', 2, 1);
  call('fd_fdstat_set_flags', 1, 1);
  call('fd_fdstat_set_rights', 1, 0n, 0n);
  restore(before);
  for (const fd of [0, 1, 2]) assert.is(call('fd_fdstat_get', fd, fd * 32), 0);
  assert.is(view().getUint16(32 + 2, true), 0);
  assert.not.equal(view().getBigUint64(32 + 8, true), 0n);
});

preview1('a state saved after the start functions keeps what they did', () => {
  const { call, save, restore } = guest();
  call('fd_close', 2);
  const afterStart = save();
  call('fd_close', 1);
  restore(afterStart);
  assert.is(call('fd_close', 2), 8);
  assert.is(call('fd_close', 1), 0);
});

preview1('a saved state does not change with the guest', () => {
  const { call, save } = guest();
  const before = save();
  call('fd_close', 1);
  assert.ok(before.descriptors.has(1));
  assert.not.ok(save().descriptors.has(1));
});

const learnings: readonly (readonly [string, boolean, boolean, ...(string | number | bigint)[]])[] = [
  ['reading a clock', true, false, 'clock_time_get', 1, 0n, 0],
  ['taking random bytes', false, true, 'random_get', 0, 8],
  ['taking no random bytes', false, false, 'random_get', 0, 0],
  ['asking for a clock that does not exist', false, false, 'clock_time_get', 2, 0n, 0],
  ['asking for the resolution of a clock', false, false, 'clock_res_get', 1, 0],
  ['asking for arguments and environment', false, false, 'args_sizes_get', 0, 4],
  ['yielding', false, false, 'sched_yield'],
];
for (const [title, clock, random, name, ...args] of learnings) {
  preview1(`${title} ${clock || random ? 'shows' : 'does not show'} in the state as something that another start would not repeat`, () => {
    const { call, callUnstable, save } = guest();
    const values = args.filter((each) => typeof each !== 'string');
    call(String(name), ...values);
    assert.equal([save().clockReads > 0, save().randomReads > 0], [clock, random]);
    callUnstable(String(name), ...values);
    assert.equal([save().clockReads, save().randomReads], [clock ? 2 : 0, random ? 2 : 0]);
  });
}

preview1('sleeping for a time reads no clock, sleeping until a time does', () => {
  const { call, save, view } = guest();
  view().setUint32(16, 1, true);
  call('poll_oneoff', 0, 1000, 1, 2000);
  assert.is(save().clockReads, 0);
  view().setUint16(40, 1, true);
  call('poll_oneoff', 0, 1000, 1, 2000);
  assert.is(save().clockReads, 1);
});

preview1.run();
