// Bringing guests up and calling them: every row of the outcome table (contract 1.3), the start order, exits and traps.
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { GuestExit, type GuestPhase } from '../../../lib/outcome.js';
import { Guest } from '../../../lib/wapc/guest.js';
import { bytesOf, guestModule, quietSurroundings, shownOutcome, startedGuest } from '../../support/wapc-guest.js';
import { wat } from '../../support/wat.js';

const guests = suite('wapc/guest');

const texts = '(data (i32.const 0) "answer") (data (i32.const 16) "reason")';
const answer = '(call $guest_response (i32.const 0) (i32.const 6))';
const reason = '(call $guest_error (i32.const 16) (i32.const 6))';

const outcomes: readonly (readonly [string, string, string])[] = [
  ['failure with an error text is that text', `${reason} (i32.const 0)`, 'failed: reason'],
  ['failure without a text has the words of the protocol', '(i32.const 0)', 'failed: No error message set for call failure'],
  ['failure with an answer is a failure', `${answer} (i32.const 0)`, 'failed: No error message set for call failure'],
  ['failure with both is the error text', `${answer} ${reason} (i32.const 0)`, 'failed: reason'],
  ['success with an answer is the answer', `${answer} (i32.const 1)`, 'answered: answer'],
  ['success with an answer and then an error text is the answer', `${answer} ${reason} (i32.const 1)`, 'answered: answer'],
  ['success with an error text and then an answer is the answer', `${reason} ${answer} (i32.const 1)`, 'answered: answer'],
  ['success with an error text alone is a failure with that text', `${reason} (i32.const 1)`, 'failed: reason'],
  ['success without anything has the words of the protocol', '(i32.const 1)', 'failed: No error message OR response set for call success'],
  ['success with an answer of no bytes is that answer', '(call $guest_response (i32.const 0) (i32.const 0)) (i32.const 1)', 'answered: '],
  ['every result but 0 is success', `${answer} (i32.const 2)`, 'answered: answer'],
  ['a negative result is success', `${answer} (i32.const -1)`, 'answered: answer'],
  ['of two answers the last one counts', `${answer} (call $guest_response (i32.const 16) (i32.const 6)) (i32.const 1)`, 'answered: reason'],
  ['of two error texts the last one counts', `${reason} (call $guest_error (i32.const 0) (i32.const 6)) (i32.const 0)`, 'failed: answer'],
  ['a trap is a trap', 'unreachable', 'trapped: unreachable'],
  ['a trap after an answer is a trap', `${answer} unreachable`, 'trapped: unreachable'],
  ['a division by zero is a trap', '(i32.div_u (i32.const 1) (i32.const 0))', 'trapped: divide by zero'],
  ['a load outside the memory is a trap', '(i32.load (i32.const 65533))', 'trapped: memory access out of bounds'],
  ['endless recursion is a trap', '(call $deeper) (i32.const 1)', 'trapped: Maximum call stack size exceeded'],
];
for (const [title, call, expected] of outcomes) {
  guests(title, () => {
    const guest = startedGuest(guestModule({ fields: `${texts} (func $deeper (call $deeper))`, call }));
    assert.is(shownOutcome(guest.call('run', bytesOf('input'))), expected);
  });
}

guests('the guest is told the lengths in bytes and gets both texts', () => {
  const guest = startedGuest(guestModule({
    call: `
      (call $guest_request (i32.const 2) (i32.add (i32.const 2) (local.get $operation_length)))
      (i32.store8 (i32.const 0) (i32.add (i32.const 48) (local.get $operation_length)))
      (i32.store8 (i32.const 1) (i32.add (i32.const 48) (local.get $length)))
      (call $guest_response (i32.const 0) (i32.add (i32.const 2) (i32.add (local.get $operation_length) (local.get $length))))
      (i32.const 1)`,
  }));
  assert.is(shownOutcome(guest.call('größe', bytesOf('☃'))), 'answered: 73größe☃');
});

guests('a guest that kept its trap to itself is called like any other afterwards', () => {
  const guest = startedGuest(guestModule({
    fields: `${texts} (global $calls (mut i32) (i32.const 0))`,
    call: `(global.set $calls (i32.add (global.get $calls) (i32.const 1))) (if (i32.eq (global.get $calls) (i32.const 1)) (then ${answer} unreachable)) (i32.const 1)`,
  }));
  assert.is(shownOutcome(guest.call('run', new Uint8Array(0))), 'trapped: unreachable');
  assert.is(shownOutcome(guest.call('run', new Uint8Array(0))), 'failed: No error message OR response set for call success', 'the answer before the trap is gone');
});

/** Appends a digit to the text at 0 whose length is at 64. */
const note = (digit: number): string => `(i32.store8 (i32.load8_u (i32.const 64)) (i32.const ${48 + digit})) (i32.store8 (i32.const 64) (i32.add (i32.load8_u (i32.const 64)) (i32.const 1)))`;
const told = '(call $guest_response (i32.const 0) (i32.load8_u (i32.const 64))) (i32.const 1)';

guests('the start section runs first, then _start, then wapc_init, each once; _initialize never', () => {
  const module = guestModule({
    fields: `
      (func (export "wapc_init") ${note(3)})
      (func (export "_initialize") ${note(9)})
      (func (export "_start") ${note(2)})
      (func $own ${note(1)})
      (start $own)`,
    call: told,
  });
  const guest = startedGuest(module);
  assert.is(shownOutcome(guest.call('run', new Uint8Array(0))), 'answered: 123');
  assert.is(shownOutcome(guest.call('run', new Uint8Array(0))), 'answered: 123', 'nothing runs again');
});

guests('both start functions may be missing', () => {
  assert.is(shownOutcome(startedGuest(guestModule({ call: told })).call('run', new Uint8Array(0))), 'answered: ');
});

guests('an export named like a start function that is none is passed over', () => {
  const module = guestModule({ fields: '(global (export "_start") i32 (i32.const 1))', call: told });
  assert.is(startedGuest(module).call('run', new Uint8Array(0)).kind, 'answered');
});

guests('the phases are announced before the code runs, each start function as one of its own', () => {
  const log: string[] = [];
  const module = guestModule({ fields: '(func (export "_start") (call $console_log (i32.const 0) (i32.const 0))) (func (export "wapc_init"))', call: '(call $console_log (i32.const 0) (i32.const 0)) (i32.const 1)' });
  const guest = startedGuest(module, { onPhase: (phase: GuestPhase) => log.push(phase), consoleLog: () => log.push('line') });
  guest.call('run', new Uint8Array(0));
  assert.equal(log, ['start', 'start', 'line', 'start', 'call', 'line']);
});

const importsExit = '(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))';
const exiting = {
  imports: () => ({
    wasi_snapshot_preview1: {
      proc_exit: (code: number): never => {
        throw new GuestExit(code >>> 0);
      },
    },
  }),
};

guests('leaving with code 0 from _start is success, and wapc_init runs afterwards', () => {
  const module = guestModule({ imports: importsExit, fields: `(func (export "_start") ${note(1)} (call $exit (i32.const 0))) (func (export "wapc_init") ${note(2)})`, call: told });
  assert.is(shownOutcome(startedGuest(module, exiting).call('run', new Uint8Array(0))), 'answered: 12');
});

guests('leaving with code 0 from wapc_init is success', () => {
  const module = guestModule({ imports: importsExit, fields: '(func (export "wapc_init") (call $exit (i32.const 0)))', call: told });
  assert.is(startedGuest(module, exiting).call('run', new Uint8Array(0)).kind, 'answered');
});

const brokenStarts: readonly (readonly [string, string, string])[] = [
  ['leaving with another code from a start function', '(func (export "_start") (call $exit (i32.const 3)))', 'the guest exited with code 3'],
  ['leaving with the largest code', '(func (export "_start") (call $exit (i32.const -1)))', 'the guest exited with code 4294967295'],
  ['leaving from the start section, even with code 0,', '(func $own (call $exit (i32.const 0))) (start $own)', 'the guest exited with code 0'],
  ['a trap in _start', '(func (export "_start") unreachable)', 'unreachable'],
  ['a trap in wapc_init', '(func (export "wapc_init") unreachable)', 'unreachable'],
  ['a trap in the start section', '(func $own unreachable) (start $own)', 'unreachable'],
  [
    'a host call in the start section',
    '(func $own (call $guest_error (i32.const 0) (i32.const 1))) (start $own)',
    'the guest called its host before its memory could be reached (from its start section)',
  ],
];
for (const [title, fields, message] of brokenStarts) {
  guests(`${title} is a failed start`, () => {
    const guest = new Guest({ ...quietSurroundings, ...exiting });
    assert.equal(guest.start(guestModule({ imports: importsExit, fields, call: told })), { kind: 'start-failed', message });
  });
}

guests('leaving during a call is no answer, even with code 0 after a complete one', () => {
  const guest = startedGuest(guestModule({ imports: importsExit, fields: texts, call: `${answer} (call $exit (i32.const 0)) (i32.const 1)` }), exiting);
  assert.is(shownOutcome(guest.call('run', new Uint8Array(0))), 'trapped: the guest exited with code 0');
});

guests('an answer given while starting is not the answer of a later call', () => {
  const module = guestModule({ fields: `${texts} (func (export "wapc_init") ${answer} ${reason})` });
  assert.is(shownOutcome(startedGuest(module).call('run', new Uint8Array(0))), 'failed: No error message OR response set for call success');
});

guests('host calls work in start functions', () => {
  const zeros = '(i32.const 0) '.repeat(8);
  const module = guestModule({ fields: `(func (export "wapc_init") (drop (call $host_call ${zeros})))`, call: told });
  let calls = 0;
  startedGuest(module, { hostCall: () => ((calls += 1), { kind: 'answered', payload: new Uint8Array(0) }) });
  assert.is(calls, 1);
});

const unlinkable: readonly (readonly [string, string, RegExp])[] = [
  ['an import that is not there', '(module (import "env" "exec" (func)) (memory (export "memory") 1) (func (export "__guest_call") (param i32 i32) (result i32) (i32.const 1)))', /env/],
  ['a missing __guest_call', '(module (memory (export "memory") 1))', /Guest call function \(__guest_call\) not exported by wasm module\./],
  ['a __guest_call that is no function', '(module (memory (export "memory") 1) (global (export "__guest_call") i32 (i32.const 0)))', /not exported by wasm module/],
  ['a memory the host cannot have', '(module (memory (export "memory") 1) (data (i32.const 65536) "x") (func (export "__guest_call") (param i32 i32) (result i32) (i32.const 1)))', /out of bounds/],
];
for (const [title, text, message] of unlinkable) {
  guests(`${title} is a failed start`, () => {
    const failure = new Guest(quietSurroundings).start(new WebAssembly.Module(wat(text)));
    assert.is(failure?.kind, 'start-failed');
    assert.match(failure?.message ?? '', message);
  });
}

guests('a __guest_call without a result never counts as success', () => {
  const module = new WebAssembly.Module(wat(`(module
    (import "wapc" "__guest_response" (func $guest_response (param i32 i32)))
    (memory (export "memory") 1)
    (func (export "__guest_call") (param i32 i32) (call $guest_response (i32.const 0) (i32.const 1))))`));
  assert.is(shownOutcome(startedGuest(module).call('run', new Uint8Array(0))), 'trapped: __guest_call returned no number');
});

guests('a guest without a memory fails when it first hands something over', () => {
  const module = new WebAssembly.Module(wat(`(module
    (import "wapc" "__guest_response" (func $guest_response (param i32 i32)))
    (func (export "__guest_call") (param i32 i32) (result i32) (call $guest_response (i32.const 0) (i32.const 1)) (i32.const 1)))`));
  assert.match(shownOutcome(startedGuest(module).call('run', new Uint8Array(0))), /^trapped: the guest called its host before its memory could be reached/);
});

guests('calls do not nest', () => {
  const zeros = '(i32.const 0) '.repeat(8);
  const guest = startedGuest(guestModule({ call: `(drop (call $host_call ${zeros})) (i32.const 1)` }), { hostCall: () => (guest.call('again', new Uint8Array(0)), { kind: 'answered', payload: new Uint8Array(0) }) });
  assert.throws(() => guest.call('run', new Uint8Array(0)), /cannot call 'again': the guest is in a call already/);
});

guests('a guest must be started before it is called', () => {
  assert.throws(() => new Guest(quietSurroundings).call('run', new Uint8Array(0)), /before it was started/);
});

guests.run();
