// A guest with exception handling meets the failures that stand for traps.
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { GuestExit } from '../../../lib/outcome.js';
import { Latch } from '../../../lib/wapc/latch.js';
import { guestModule, shownOutcome, startedGuest, type GuestText } from '../../support/wapc-guest.js';

const latch = suite('wapc/latch');

latch('passes values and results through', () => {
  const guarded = new Latch().guard({ m: { add: (a: number, b: number) => a + b, constant: 7 } });
  const { add, constant } = guarded['m'] ?? {};
  assert.is(typeof add === 'function' ? Reflect.apply(add, undefined, [2, 3]) : undefined, 5);
  assert.is(constant, 7);
});

latch('after one failure every function fails the same way, without running', () => {
  const failure = new Error('first');
  let runs = 0;
  const subject = new Latch();
  const guarded = subject.guard({
    one: {
      fail: () => {
        throw failure;
      },
    },
    other: { run: () => (runs += 1) },
  });
  const call = (module: string, name: string): unknown => {
    const found = guarded[module]?.[name];
    return typeof found === 'function' ? Reflect.apply(found, undefined, []) : undefined;
  };
  const isFailure = (thrown: unknown): boolean => thrown === failure;
  assert.throws(() => call('one', 'fail'), isFailure);
  assert.throws(() => call('other', 'run'), isFailure);
  assert.throws(() => subject.check(), isFailure);
  assert.is(runs, 0);
  subject.reset();
  subject.check();
  call('other', 'run');
  assert.is(runs, 1);
});

/** Answers `ok`, does something and catches whatever is thrown. */
const catching = (body: string, more: Omit<GuestText, 'call'> = {}): GuestText => ({
  ...more,
  fields: `(data (i32.const 0) "ok") ${more.fields ?? ''}`,
  call: `(call $guest_response (i32.const 0) (i32.const 2)) (try (do ${body}) (catch_all)) (i32.const 1)`,
});

latch('a guest cannot catch a pointer outside its memory and answer all the same', () => {
  const guest = startedGuest(guestModule(catching('(call $console_log (i32.const 65535) (i32.const 9))')));
  assert.match(shownOutcome(guest.call('run', new Uint8Array(0))), /^trapped: __console_log: bytes 65535/);
});

latch('nor can it ask anything more of its host, and the next call starts anew', () => {
  const lines: string[] = [];
  const guest = startedGuest(guestModule({
    fields: '(data (i32.const 0) "ok") (global $calls (mut i32) (i32.const 0))',
    call: `
      (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
      (if (i32.eq (global.get $calls) (i32.const 1)) (then (try (do (call $console_log (i32.const 65535) (i32.const 9))) (catch_all)) (try (do (call $console_log (i32.const 0) (i32.const 2))) (catch_all))))
      (call $guest_response (i32.const 0) (i32.const 2)) (i32.const 1)`,
  }), { consoleLog: (text) => lines.push(text) });
  assert.match(shownOutcome(guest.call('run', new Uint8Array(0))), /^trapped: __console_log: bytes 65535/);
  assert.equal(lines, []);
  assert.is(shownOutcome(guest.call('run', new Uint8Array(0))), 'answered: ok');
});

const leaves: Omit<GuestText, 'call'> = { imports: '(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))' };
const wasi = () => ({
  wasi_snapshot_preview1: {
    proc_exit: (code: number): never => {
      throw new GuestExit(code >>> 0);
    },
  },
});

latch('a guest cannot catch its own exit during a call', () => {
  const guest = startedGuest(guestModule(catching('(call $exit (i32.const 0))', leaves)), { imports: wasi });
  assert.is(shownOutcome(guest.call('run', new Uint8Array(0))), 'trapped: the guest exited with code 0');
});

latch('a guest cannot catch its own exit while it starts', () => {
  const start = (code: number) => guestModule({ ...leaves, fields: `(func (export "_start") (try (do (call $exit (i32.const ${code}))) (catch_all)))` });
  assert.throws(() => startedGuest(start(3), { imports: wasi }), /the guest exited with code 3/);
  assert.is(startedGuest(start(0), { imports: wasi }).call('run', new Uint8Array(0)).kind, 'failed');
});

latch('a guest cannot catch what goes wrong in the host', () => {
  const bug = new Error('a bug of ours');
  const zeros = '(i32.const 0) '.repeat(8);
  const guest = startedGuest(guestModule(catching(`(drop (call $host_call ${zeros}))`)), {
    hostCall: () => {
      throw bug;
    },
  });
  assert.throws(
    () => guest.call('run', new Uint8Array(0)),
    (thrown: unknown) => thrown === bug,
  );
});

latch("a guest may catch its own exceptions, and those it does not catch end the call", () => {
  const own = '(tag $t) (data (i32.const 0) "ok")';
  const answer = '(call $guest_response (i32.const 0) (i32.const 2)) (i32.const 1)';
  const caught = startedGuest(guestModule({ fields: own, call: `(try (do (throw $t)) (catch_all)) ${answer}` }));
  assert.is(shownOutcome(caught.call('run', new Uint8Array(0))), 'answered: ok');
  const uncaught = startedGuest(guestModule({ fields: own, call: `(throw $t)` }));
  assert.is(shownOutcome(uncaught.call('run', new Uint8Array(0))), 'trapped: the guest threw an exception that nothing caught');
});

latch.run();
