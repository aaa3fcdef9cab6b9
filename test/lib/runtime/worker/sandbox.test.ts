// One evaluation on this thread: that the guest gets WASI beside the protocol, and that what it prints goes nowhere else.
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { Sandbox, type SandboxPorts } from '../../../../lib/runtime/worker/sandbox.js';
import { codeOf } from '../../../support/sandbox-code.js';
import { guestModule, shownOutcome, type GuestText } from '../../../support/wapc-guest.js';

const sandbox = suite('runtime/worker/sandbox');

function run(text: GuestText, changes: Partial<SandboxPorts> = {}) {
  const written: string[] = [];
  const sandbox = new Sandbox(codeOf(guestModule(text)), {
    hostCall: () => ({ kind: 'refused', message: 'no calls here' }),
    write: (source, line) => written.push(`${source}: ${line}`),
    onPhase: () => undefined,
    clock: { realtimeNs: () => 7n, monotonicNs: () => 9n },
    randomFill: (bytes) => bytes.fill(5),
    sleep: () => undefined,
    interruptMemory: new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }),
    ...changes,
  });
  const outcome = sandbox.bringUp() ?? sandbox.run('run', new Uint8Array(0));
  return { outcome: shownOutcome(outcome), written };
}

const answer = '(call $guest_response (i32.const 0) (i32.const 1)) (i32.const 1)';
const imports = (name: string, parameters: string): string => `(import "wasi_snapshot_preview1" "${name}" (func $${name} (param ${parameters}) (result i32)))`;

/** Prints seven bytes, `one`, a line's end and `two`, and goes on. */
const printing = (descriptor: number, then: string): GuestText => ({
  imports: imports('fd_write', 'i32 i32 i32 i32'),
  fields: String.raw`(data (i32.const 0) "\10\00\00\00\07\00\00\00") (data (i32.const 16) "one\0atwo")`,
  call: `(drop (call $fd_write (i32.const ${descriptor}) (i32.const 0) (i32.const 1) (i32.const 8))) ${then}`,
});

sandbox('what a guest prints is handed over by lines, the last one too', () => {
  assert.equal(run(printing(1, answer)).written, ['stdout: one', 'stdout: two']);
  assert.equal(run(printing(2, answer)).written, ['stderr: one', 'stderr: two']);
});

sandbox('what a guest printed before it trapped is handed over', () => {
  const { outcome, written } = run(printing(2, 'unreachable'));
  assert.is(outcome, 'trapped: unreachable');
  assert.equal(written, ['stderr: one', 'stderr: two']);
});

sandbox('console lines are handed over as such', () => {
  assert.equal(run({ fields: '(data (i32.const 0) "hi")', call: `(call $console_log (i32.const 0) (i32.const 2)) ${answer}` }).written, ['console: hi']);
});

sandbox('leaving with code 0 from _start is success, with another code or during a call it is not', () => {
  const exit = '(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))';
  const start = (code: number) => run({ imports: exit, fields: `(data (i32.const 0) "x") (func (export "_start") (call $exit (i32.const ${code})))`, call: answer }).outcome;
  assert.is(start(0), 'answered: x');
  assert.is(start(3), 'start-failed: the guest exited with code 3');
  assert.is(run({ imports: exit, call: `(call $exit (i32.const 0)) ${answer}` }).outcome, 'trapped: the guest exited with code 0');
});

sandbox('clock and randomness are those that were handed in', () => {
  const { outcome } = run({
    imports: `${imports('clock_time_get', 'i32 i64 i32')} ${imports('random_get', 'i32 i32')}`,
    call: `
      (drop (call $random_get (i32.const 0) (i32.const 1)))
      (drop (call $clock_time_get (i32.const 0) (i64.const 1) (i32.const 8)))
      (drop (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const 16)))
      (i32.store8 (i32.const 0) (i32.add (i32.const 48) (i32.load8_u (i32.const 0))))
      (i32.store8 (i32.const 1) (i32.add (i32.const 48) (i32.load8_u (i32.const 8))))
      (i32.store8 (i32.const 2) (i32.add (i32.const 48) (i32.load8_u (i32.const 16))))
      (call $guest_response (i32.const 0) (i32.const 3)) (i32.const 1)`,
  });
  assert.is(outcome, 'answered: 579');
});

sandbox('a guest has no arguments, no surroundings and nothing to read', () => {
  const { outcome } = run({
    imports: `${imports('args_sizes_get', 'i32 i32')} ${imports('environ_sizes_get', 'i32 i32')} ${imports('fd_read', 'i32 i32 i32 i32')}`,
    fields: String.raw`(data (i32.const 32) "\40\00\00\00\10\00\00\00")`,
    call: `
      (drop (call $args_sizes_get (i32.const 0) (i32.const 4)))
      (drop (call $environ_sizes_get (i32.const 8) (i32.const 12)))
      (drop (call $fd_read (i32.const 0) (i32.const 32) (i32.const 1) (i32.const 16)))
      (i32.store8 (i32.const 20) (i32.add (i32.const 48) (i32.load (i32.const 0))))
      (i32.store8 (i32.const 21) (i32.add (i32.const 48) (i32.load (i32.const 8))))
      (i32.store8 (i32.const 22) (i32.add (i32.const 48) (i32.load (i32.const 16))))
      (call $guest_response (i32.const 20) (i32.const 3)) (i32.const 1)`,
  });
  assert.is(outcome, 'answered: 000');
});

sandbox('the phases are announced', () => {
  const phases: string[] = [];
  run({ call: answer }, { onPhase: (phase) => phases.push(phase) });
  assert.equal(phases, ['start', 'call']);
});

sandbox.run();
