// What is wrong in @wapc/host 0.0.3, one test a defect: first the stock host, then ours with the same guest.
import { instantiate, WapcHost } from '@wapc/host';
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { GuestHost } from '../../../lib/wapc/host.js';
import { bytesOf, guestBytes, guestModule, quietSurroundings, shownOutcome, startedGuest, type GuestText } from '../../support/wapc-guest.js';

const stock = suite('wapc/stock-host');

type StockCall = (binding: string, namespace: string, operation: string, payload: Uint8Array) => Uint8Array;

/** What the stock host makes of one call: the answer, or what it threw. */
async function stockCall(text: GuestText, hostCall?: StockCall): Promise<string> {
  const host = await instantiate(guestBytes(text), hostCall);
  return stockAnswer(host, 'run');
}

async function stockAnswer(host: WapcHost, operation: string): Promise<string> {
  try {
    return `answered: ${new TextDecoder().decode(await host.invoke(operation, new Uint8Array(0)))}`;
  } catch (thrown) {
    return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : `thrown: ${String(thrown)}`;
  }
}

/** Says what the host's error was: as many bytes as were announced. */
const reportsHostError: GuestText = {
  call: `
    (drop (call $host_call (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
    (call $host_error (i32.const 64))
    (call $guest_error (i32.const 64) (call $host_error_len))
    (i32.const 0)`,
};

/** The stock host keeps `'' + thrown`; this one has no `Error: ` in front, which is another defect. */
class Unprefixed extends Error {
  override toString(): string {
    return this.message;
  }
}

stock('announces a host error by its UTF-16 units; ours by the bytes that are written', async () => {
  const refuse = (): never => {
    throw new Unprefixed('größe ☃');
  };
  assert.is(await stockCall(reportsHostError, refuse), 'Error: größe');
  const ours = startedGuest(guestModule(reportsHostError), { hostCall: () => ({ kind: 'refused', message: 'größe ☃' }) });
  assert.is(shownOutcome(ours.call('run', new Uint8Array(0))), 'failed: größe ☃');
});

const answersOnce: GuestText = {
  fields: '(data (i32.const 0) "first") (global $calls (mut i32) (i32.const 0))',
  call: `
    (if (i32.eqz (global.get $calls)) (then (call $guest_response (i32.const 0) (i32.const 5))))
    (global.set $calls (i32.const 1))
    (i32.const 1)`,
};

stock('gives the answer of the call before to a guest that does not answer; ours forgets it', async () => {
  const host = await instantiate(guestBytes(answersOnce));
  assert.is(await stockAnswer(host, 'one'), 'answered: first');
  assert.is(await stockAnswer(host, 'two'), 'answered: first');
  const ours = startedGuest(guestModule(answersOnce));
  assert.is(shownOutcome(ours.call('one', new Uint8Array(0))), 'answered: first');
  assert.is(shownOutcome(ours.call('two', new Uint8Array(0))), 'failed: No error message OR response set for call success');
});

const failsOnce: GuestText = {
  fields: '(data (i32.const 0) "first") (global $calls (mut i32) (i32.const 0))',
  call: `
    (if (i32.eqz (global.get $calls)) (then (call $guest_error (i32.const 0) (i32.const 5))))
    (global.set $calls (i32.const 1))
    (i32.const 0)`,
};

stock('gives the error of the call before to a guest that fails without a text; ours forgets it', async () => {
  const host = await instantiate(guestBytes(failsOnce));
  assert.is(await stockAnswer(host, 'one'), 'Error: first');
  assert.is(await stockAnswer(host, 'two'), 'Error: first');
  const ours = startedGuest(guestModule(failsOnce));
  assert.is(shownOutcome(ours.call('one', new Uint8Array(0))), 'failed: first');
  assert.is(shownOutcome(ours.call('two', new Uint8Array(0))), 'failed: No error message set for call failure');
});

const failsAfterAnAnswer: GuestText = {
  fields: '(data (i32.const 0) "the reason")',
  call: `
    (call $guest_error (i32.const 0) (i32.const 10))
    (call $guest_response (i32.const 0) (i32.const 3))
    (i32.const 0)`,
};

stock('lets an answer erase the error; ours keeps both and lets the return value choose', async () => {
  assert.is(await stockCall(failsAfterAnAnswer), 'Error: ');
  assert.is(shownOutcome(startedGuest(guestModule(failsAfterAnAnswer)).call('run', new Uint8Array(0))), 'failed: the reason');
});

/** Writes four bytes to stdout and answers with the digit that fd_write returned. */
const printsThroughWasi: GuestText = {
  imports: '(import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))',
  fields: String.raw`(data (i32.const 0) "\10\00\00\00\04\00\00\00") (data (i32.const 16) "text")`,
  call: `
    (i32.store8 (i32.const 32) (i32.add (i32.const 48) (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
    (call $guest_response (i32.const 32) (i32.const 1))
    (i32.const 1)`,
};

stock('answers fd_write with the byte count, an error number to every guest; ours takes WASI from elsewhere', async () => {
  assert.is(await stockCall(printsThroughWasi), 'answered: 4');
  const imports = () => ({ wasi_snapshot_preview1: { fd_write: () => 0 } });
  assert.is(shownOutcome(startedGuest(guestModule(printsThroughWasi), { imports }).call('run', new Uint8Array(0))), 'answered: 0');
});

stock('offers three functions of WASI; ours offers none of them', () => {
  assert.equal(Object.keys(new WapcHost().getImports()['wasi_snapshot_preview1'] ?? {}), ['fd_write', 'args_sizes_get', 'args_get']);
  assert.equal(Object.keys(new GuestHost(quietSurroundings).getImports()), ['wapc']);
});

const answersBeyondItsMemory: GuestText = {
  fields: '(data (i32.const 65532) "tail")',
  call: '(call $guest_response (i32.const 65532) (i32.const 1000)) (i32.const 1)',
};

stock('shortens an answer that reaches beyond the memory; ours ends the call', async () => {
  assert.is(await stockCall(answersBeyondItsMemory), 'answered: tail');
  const outcome = startedGuest(guestModule(answersBeyondItsMemory)).call('run', new Uint8Array(0));
  assert.is(shownOutcome(outcome), "trapped: __guest_response: bytes 65532 to 66532 lie outside the guest's memory of 65536 bytes");
});

stock("puts 'Error: ' before a host error; ours passes the message as it is", async () => {
  const refuse = (): never => {
    throw new Error('no such image');
  };
  assert.is(await stockCall(reportsHostError, refuse), 'Error: Error: no such image');
  const ours = startedGuest(guestModule(reportsHostError), { hostCall: () => ({ kind: 'refused', message: 'no such image' }) });
  assert.is(shownOutcome(ours.call('run', new Uint8Array(0))), 'failed: no such image');
});

const writesToTheConsole: GuestText = {
  fields: '(data (i32.const 0) "hello")',
  call: '(call $console_log (i32.const 0) (i32.const 5)) (call $guest_response (i32.const 0) (i32.const 0)) (i32.const 1)',
};

stock("writes a guest's console lines to the host's own stdout; ours hands them over", async () => {
  const printed: unknown[] = [];
  const handedOver: string[] = [];
  const { log } = console;
  console.log = (...values: unknown[]) => void printed.push(...values);
  try {
    await stockCall(writesToTheConsole);
    assert.equal(printed, ['hello']);
    startedGuest(guestModule(writesToTheConsole), { consoleLog: (text) => handedOver.push(text) }).call('run', new Uint8Array(0));
  } finally {
    console.log = log;
  }
  assert.equal(printed, ['hello']);
  assert.equal(handedOver, ['hello']);
});

stock('throws an empty error when a guest fails without a text; ours has the words of the protocol', async () => {
  const fails: GuestText = { call: '(i32.const 0)' };
  assert.is(await stockCall(fails), 'Error: ');
  assert.is(shownOutcome(startedGuest(guestModule(fails)).call('run', new Uint8Array(0))), 'failed: No error message set for call failure');
});

stock("throws the engine's error when a guest traps; ours has an outcome", async () => {
  const traps: GuestText = { call: 'unreachable' };
  assert.is(await stockCall(traps), 'RuntimeError: unreachable');
  assert.is(shownOutcome(startedGuest(guestModule(traps)).call('run', new Uint8Array(0))), 'trapped: unreachable');
});

stock('refuses a compiled module; ours takes nothing else', async () => {
  const module = guestModule(answersOnce);
  let refused = false;
  try {
    await Reflect.apply(instantiate, undefined, [module]);
  } catch {
    refused = true;
  }
  assert.ok(refused);
  assert.is(shownOutcome(startedGuest(module).call('one', new Uint8Array(0))), 'answered: first');
});

stock('reads two names that differ in a byte order mark as one; ours tells them apart', async () => {
  const call: GuestText = {
    fields: String.raw`(data (i32.const 0) "\ef\bb\bfname")`,
    call: `
      (drop (call $host_call (i32.const 0) (i32.const 7) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
      (call $guest_response (i32.const 0) (i32.const 0))
      (i32.const 1)`,
  };
  const seen: string[] = [];
  await stockCall(call, (binding) => (seen.push(binding), new Uint8Array(0)));
  startedGuest(guestModule(call), { hostCall: ({ binding }) => (seen.push(binding), { kind: 'answered', payload: bytesOf('') }) }).call('run', new Uint8Array(0));
  assert.equal(seen, ['name', '\ufeffname']);
});

stock.run();
