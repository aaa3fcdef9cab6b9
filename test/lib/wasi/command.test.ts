import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { runCommand, type Command, type CommandOutcome } from '../../../lib/wasi/command.js';
import { wat as assembled } from '../../support/wat.js';
import { fixture } from './fixture.js';
import { text } from './guest.js';
import { world } from './surroundings.js';

const command = suite('wasi/command');

const limits = { maxStdinBytes: 1000, maxStdoutBytes: 1000, maxStderrBytes: 1000 };

function run(bytes: Uint8Array<ArrayBuffer>, options: Partial<Command> = {}): CommandOutcome {
  return runCommand({
    module: new WebAssembly.Module(bytes),
    args: ['policy.wasm', 'validate'],
    stdin: new Uint8Array(0),
    surroundings: world().ports,
    limits,
    ...options,
  });
}

const wat = (body: string) => assembled(`(module ${body})`);

/** An outcome with its output as text. */
function readable(outcome: CommandOutcome): Readonly<Record<string, unknown>> {
  return outcome.kind === 'not-started' ? { ...outcome } : { ...outcome, stdout: text(outcome.stdout), stderr: text(outcome.stderr) };
}

const writeImport = '(import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))';
const readImport = '(import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))';

/** Writes 10 bytes to a descriptor so many times. */
const writer = (fd: number, times: number, after = '') =>
  wat(`${writeImport} (memory (export "memory") 1) (data (i32.const 0) "\\08\\00\\00\\00\\0a\\00\\00\\000123456789")
    (func (export "_start") (local $left i32) (local.set $left (i32.const ${times}))
      (loop $more (drop (call $fd_write (i32.const ${fd}) (i32.const 0) (i32.const 1) (i32.const 100)))
        (br_if $more (local.tee $left (i32.sub (local.get $left) (i32.const 1))))) ${after})`);

command('a policy-shaped command reads its document, takes its operation from argv, and answers on stdout', async () => {
  const module = await fixture('verdict.ts');
  const stdin = new TextEncoder().encode('{"request":{"privileged":true},"settings":{}}');
  const denied = { kind: 'exited', code: 0, stdout: '{"accepted":false,"message":"privileged"}', stderr: '' };
  assert.equal(readable(run(module, { stdin })), denied);
  const unknown = { kind: 'exited', code: 1, stdout: '', stderr: 'unknown operation: mutate\n' };
  assert.equal(readable(run(module, { stdin, args: ['policy.wasm', 'mutate'] })), unknown);
});

command('returning is exit code 0', () => {
  assert.equal(readable(run(wat('(func (export "_start"))'))), { kind: 'exited', code: 0, stdout: '', stderr: '' });
});

command('proc_exit is told apart from a trap, and what was written before stays', async () => {
  assert.equal(readable(run(await fixture('exit-code.wat'))), { kind: 'exited', code: 3, stdout: '', stderr: 'denied\n' });
  assert.equal(readable(run(await fixture('trap.wat'))), { kind: 'trapped', message: 'unreachable', stdout: '', stderr: 'about to trap\n' });
});

command('a pointer outside memory is a trap', async () => {
  const outcome = run(await fixture('bad-pointer.wat'));
  assert.is(outcome.kind, 'trapped');
  assert.match(String(readable(outcome)['message']), /^random_get: bytes 65530 to 65537 lie outside/);
});

command('exhausting the stack is a trap', () => {
  assert.is(run(wat('(func $again (export "_start") (call $again))')).kind, 'trapped');
});

command('an exception that the guest does not catch is a trap', () => {
  const outcome = run(wat('(tag $mine) (func (export "_start") (throw $mine))'));
  assert.equal(readable(outcome), { kind: 'trapped', message: 'the guest threw an exception that nothing caught', stdout: '', stderr: '' });
});

command('a trap in the start section is a trap', () => {
  assert.is(run(wat('(func $first unreachable) (start $first) (func (export "_start"))')).kind, 'trapped');
});

const withoutMemory: readonly (readonly [string, string, string])[] = [
  ['in the start section, before there is a memory', '(memory (export "memory") 1) (start $use)', "cannot find 'mem' export"],
  ['without exporting a memory', '(memory 1)', "cannot find 'mem' export"],
  ['with a function in place of the memory', '(func (export "memory"))', "'mem' export cannot be converted into a Memory instance"],
];
for (const [title, body, message] of withoutMemory) {
  command(`calling WASI ${title} is a trap`, () => {
    const outcome = run(wat(`${writeImport} (func $use (export "_start") (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0)))) ${body}`));
    assert.equal(readable(outcome), { kind: 'trapped', message, stdout: '', stderr: '' });
  });
}

const notCommands: readonly (readonly [string, string, RegExp])[] = [
  ['exports no _start', '(func (export "main"))', /^cannot find `_start` function inside of module: /],
  ['exports something else as _start', '(memory (export "_start") 1)', /^cannot find `_start` function inside of module: /],
  ['imports what does not exist', '(import "env" "magic" (func)) (func (export "_start"))', /env.*magic/],
  ['imports something of another kind', '(import "wasi_snapshot_preview1" "fd_write" (global i32)) (func (export "_start"))', /fd_write/],
  ['imports what every JavaScript object has', '(import "constructor" "constructor" (func)) (func (export "_start"))', /constructor/],
];
for (const [title, body, message] of notCommands) {
  command(`a module that ${title} is not started`, () => {
    const outcome = run(wat(body));
    assert.is(outcome.kind, 'not-started');
    assert.match(String(readable(outcome)['message']), message);
  });
}

command('input over the limit is not given in part', () => {
  const outcome = run(wat('(func (export "_start"))'), { stdin: new Uint8Array(1001) });
  assert.equal(readable(outcome), { kind: 'not-started', message: 'stdin: 1001 bytes are more than the limit of 1000' });
});

command('output up to the limit is kept', () => {
  assert.equal(readable(run(writer(1, 100))), { kind: 'exited', code: 0, stdout: '0123456789'.repeat(100), stderr: '' });
});

command('output over the limit is no answer, whatever the exit code', () => {
  const outcome = readable(run(writer(1, 101)));
  assert.is(outcome['kind'], 'trapped');
  assert.is(outcome['message'], 'stdout: the guest wrote more than 1000 bytes');
  assert.is(String(outcome['stdout']).length, 1000);
});

command('errors over the limit are cut and change nothing else', () => {
  assert.equal(readable(run(writer(2, 101))), { kind: 'exited', code: 0, stdout: '', stderr: '0123456789'.repeat(100) });
});

command('a host call appends its answer to stdin, and reading goes on', () => {
  const module = wat(`${writeImport} ${readImport}
    (import "host" "call" (func $call (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\\e8\\03\\00\\00\\40\\00\\00\\00" "ping")
    (func $copy (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 100)))
      (i32.store (i32.const 200) (i32.const 1000)) (i32.store (i32.const 204) (i32.load (i32.const 100)))
      (drop (call $fd_write (i32.const 1) (i32.const 200) (i32.const 1) (i32.const 208))))
    (func (export "_start")
      (call $copy) (call $copy)
      (drop (call $call (i32.const 8) (i32.const 4) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
      (call $copy) (call $copy))`);
  const outcome = run(module, {
    stdin: new TextEncoder().encode('request,'),
    imports: ({ memory, stdin }) => ({
      host: {
        call: (pointer: number, length: number) => {
          const binding = text(new Uint8Array(memory().buffer).slice(pointer, pointer + length));
          return stdin.append(new TextEncoder().encode(`answer to ${binding}`)) ? 0 : 1;
        },
      },
    }),
  });
  assert.equal(readable(outcome), { kind: 'exited', code: 0, stdout: 'request,answer to ping', stderr: '' });
});

command('extra imports cannot replace a WASI function', async () => {
  const imports = () => ({ wasi_snapshot_preview1: { fd_write: () => 99 } });
  assert.is(readable(run(await fixture('trap.wat'), { imports }))['stderr'], 'about to trap\n');
});

command('a mistake of the host reaches the host', () => {
  const module = wat('(import "host" "call" (func $call)) (func (export "_start") (call $call))');
  const imports = () => ({
    host: {
      call: () => {
        throw new TypeError('a bug of ours');
      },
    },
  });
  assert.throws(() => run(module, { imports }), /a bug of ours/);
});

for (const [title, call, expected] of [
  ['leaving', '(call $exit (i32.const 4))', { kind: 'exited', code: 4, stdout: '', stderr: '' }],
  ['a bad pointer', '(drop (call $random (i32.const 65535) (i32.const 2)))', { kind: 'trapped', stdout: '', stderr: '' }],
] as const) {
  command(`a guest that catches ${title} and goes on gains nothing`, () => {
    const module = wat(`${writeImport}
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
      (memory (export "memory") 1) (data (i32.const 0) "\\08\\00\\00\\00\\04\\00\\00\\00more")
      (func (export "_start")
        (try (do ${call}) (catch_all))
        (try (do (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))) (catch_all)))`);
    const { message, ...outcome } = readable(run(module));
    assert.equal(outcome, expected);
    assert.type(message, expected.kind === 'exited' ? 'undefined' : 'string');
  });
}

command('every run begins anew', async () => {
  const module = await fixture('descriptors.wat');
  const first = readable(run(module));
  assert.is(first['stderr'], 'still open\n');
  assert.equal(readable(run(module)), first);
});

command.run();
