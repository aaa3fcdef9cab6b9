// The guards around the protocol's functions: every pointer and length, every limit, and that the inherited callbacks
// still do the work behind them. What the stock host gets wrong is in stock-host.test.ts.
import { WapcHost } from '@wapc/host';
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { defaultExchangeLimits } from '../../../lib/wapc/exchange.js';
import type { HostAnswer, HostCall } from '../../../lib/wapc/protocol.js';
import { fixtureBytes } from '../../support/fixtures.js';
import { bytesOf, guestModule, shownOutcome, startedGuest } from '../../support/wapc-guest.js';

const host = suite('wapc/host');

const answered = (text: string): HostAnswer => ({ kind: 'answered', payload: bytesOf(text) });

/** The call of `$host_call` with one of its four ranges at a given place, the others empty. */
function hostCallWith(range: number, pointer: string, length: string): string {
  const ranges = Array.from({ length: 4 }, (_, index) => (index === range ? `(i32.const ${pointer}) (i32.const ${length})` : '(i32.const 0) (i32.const 0)'));
  return `(drop (call $host_call ${ranges.join(' ')}))`;
}

// The operation is `run`, 3 bytes; the payload 5 bytes; the host answers 5 bytes.
const outside: readonly (readonly [string, string, string])[] = [
  ['the operation of a request', '(call $guest_request (i32.const 65534) (i32.const 0))', '__guest_request: bytes 65534 to 65537'],
  ['the payload of a request', '(call $guest_request (i32.const 0) (i32.const 65532))', '__guest_request: bytes 65532 to 65537'],
  ['the payload of a request, below zero', '(call $guest_request (i32.const 0) (i32.const -5))', '__guest_request: bytes 4294967291 to 4294967296'],
  ['an answer', '(call $guest_response (i32.const 65535) (i32.const 2))', '__guest_response: bytes 65535 to 65537'],
  ['an answer behind the memory', '(call $guest_response (i32.const 65536) (i32.const 1))', '__guest_response: bytes 65536 to 65537'],
  ['an answer whose end wraps at 2^32', '(call $guest_response (i32.const -8) (i32.const 16))', '__guest_response: bytes 4294967288 to 4294967304'],
  ['an error text', '(call $guest_error (i32.const 65535) (i32.const 2))', '__guest_error: bytes 65535 to 65537'],
  ['an error text longer than what is taken of it', '(call $guest_error (i32.const 0) (i32.const -1))', '__guest_error: bytes 0 to 4294967295'],
  ['a console line', '(call $console_log (i32.const 65535) (i32.const 2))', '__console_log: bytes 65535 to 65537'],
  ['a console line longer than what is taken of it', '(call $console_log (i32.const 1) (i32.const 65536))', '__console_log: bytes 1 to 65537'],
  ['the binding of a host call', hostCallWith(0, '65535', '2'), '__host_call (binding): bytes 65535 to 65537'],
  ['the namespace of a host call', hostCallWith(1, '65535', '2'), '__host_call (namespace): bytes 65535 to 65537'],
  ['the operation of a host call', hostCallWith(2, '65535', '2'), '__host_call (operation): bytes 65535 to 65537'],
  ['the payload of a host call', hostCallWith(3, '65535', '2'), '__host_call (payload): bytes 65535 to 65537'],
  ["the host's answer", `${hostCallWith(0, '0', '0')} (call $host_response (i32.const 65532))`, '__host_response: bytes 65532 to 65537'],
];
for (const [title, body, problem] of outside) {
  host(`${title} outside the memory ends the call`, () => {
    const guest = startedGuest(guestModule({ call: `${body} (i32.const 1)` }), { hostCall: () => answered('hello') });
    assert.is(shownOutcome(guest.call('run', bytesOf('input'))), `trapped: ${problem} lie outside the guest's memory of 65536 bytes`);
  });
}

host("the host's error outside the memory ends the call", () => {
  const body = `${hostCallWith(0, '0', '0')} (call $host_error (i32.const 65533)) (i32.const 1)`;
  const guest = startedGuest(guestModule({ call: body }), { hostCall: () => ({ kind: 'refused', message: 'none' }) });
  assert.is(shownOutcome(guest.call('run', new Uint8Array(0))), "trapped: __host_error: bytes 65533 to 65537 lie outside the guest's memory of 65536 bytes");
});

host('no capability runs when a part of its call lies outside the memory', () => {
  const calls: HostCall[] = [];
  const guest = startedGuest(guestModule({ call: `${hostCallWith(3, '-1', '-1')} (i32.const 1)` }), { hostCall: (call) => (calls.push(call), answered('')) });
  assert.is(guest.call('run', new Uint8Array(0)).kind, 'trapped');
  assert.equal(calls, []);
});

const empty: readonly (readonly [string, string])[] = [
  ['an answer', '(call $guest_response (i32.const -1) (i32.const 0))'],
  ['an error text', '(call $guest_error (i32.const -1) (i32.const 0))'],
  ['a console line', '(call $console_log (i32.const -1) (i32.const 0))'],
  ['the operation and payload of a request', '(call $guest_request (i32.const -1) (i32.const -1))'],
  ['the binding of a host call', hostCallWith(0, '-1', '0')],
  ['the namespace of a host call', hostCallWith(1, '-1', '0')],
  ['the operation of a host call', hostCallWith(2, '-1', '0')],
  ['the payload of a host call', hostCallWith(3, '-1', '0')],
  ["the host's answer", `${hostCallWith(0, '0', '0')} (call $host_response (i32.const -1))`],
  ["the host's error", `${hostCallWith(0, '0', '0')} (call $host_error (i32.const -1))`],
];
for (const [title, body] of empty) {
  host(`${title} of zero bytes is in order wherever it points`, () => {
    const guest = startedGuest(guestModule({ call: `${body} (call $guest_response (i32.const 0) (i32.const 0)) (i32.const 1)` }), { hostCall: () => answered('') });
    assert.is(shownOutcome(guest.call('', new Uint8Array(0))), 'answered: ');
  });
}

host('an empty error text is a text', () => {
  const guest = startedGuest(guestModule({ call: '(call $guest_error (i32.const 9) (i32.const 0)) (i32.const 0)' }));
  assert.is(shownOutcome(guest.call('run', new Uint8Array(0))), 'failed: ');
});

const limits = { payloadBytes: 8, textBytes: 4, hostCalls: 3 };

host('an answer of as many bytes as allowed is taken, one more ends the call', () => {
  const call = (length: number): string => `(call $guest_response (i32.const 0) (i32.const ${length})) (i32.const 1)`;
  const fields = '(data (i32.const 0) "123456789")';
  assert.is(shownOutcome(startedGuest(guestModule({ fields, call: call(8) }), { limits }).call('run', new Uint8Array(0))), 'answered: 12345678');
  assert.is(
    shownOutcome(startedGuest(guestModule({ fields, call: call(9) }), { limits }).call('run', new Uint8Array(0))),
    'trapped: __guest_response: the guest handed over 9 bytes, the limit is 8',
  );
});

host('an answer of the largest length there is does not reach the copying', () => {
  const guest = startedGuest(guestModule({ call: '(call $guest_response (i32.const 0) (i32.const -1)) (i32.const 1)' }));
  assert.is(
    shownOutcome(guest.call('run', new Uint8Array(0))),
    `trapped: __guest_response: the guest handed over 4294967295 bytes, the limit is ${defaultExchangeLimits.payloadBytes}`,
  );
});

host('an error text is cut at the limit', () => {
  const guest = startedGuest(guestModule({ fields: '(data (i32.const 0) "123456")', call: '(call $guest_error (i32.const 0) (i32.const 6)) (i32.const 0)' }), { limits });
  assert.is(shownOutcome(guest.call('run', new Uint8Array(0))), 'failed: 1234');
});

host('a console line is cut at the limit', () => {
  const lines: string[] = [];
  const module = guestModule({ fields: '(data (i32.const 0) "123456")', call: '(call $console_log (i32.const 0) (i32.const 6)) (i32.const 0)' });
  startedGuest(module, { limits, consoleLog: (text) => lines.push(text) }).call('run', new Uint8Array(0));
  assert.equal(lines, ['1234']);
});

host('a console line that is not UTF-8 is passed on as far as it can be read', () => {
  const lines: string[] = [];
  const module = guestModule({ fields: String.raw`(data (i32.const 0) "a\ffb")`, call: '(call $console_log (i32.const 0) (i32.const 3)) (i32.const 0)' });
  startedGuest(module, { consoleLog: (text) => lines.push(text) }).call('run', new Uint8Array(0));
  assert.equal(lines, ['a\ufffdb']);
});

for (const [range, part] of ['binding', 'namespace', 'operation'].entries()) {
  host(`the ${part} of a host call longer than the limit ends the call`, () => {
    const guest = startedGuest(guestModule({ call: `${hostCallWith(range, '0', '5')} (i32.const 1)` }), { limits });
    assert.is(shownOutcome(guest.call('run', new Uint8Array(0))), `trapped: __host_call (${part}): the guest handed over 5 bytes, the limit is 4`);
  });
  host(`the ${part} of a host call that is not UTF-8 ends the call`, () => {
    const guest = startedGuest(guestModule({ fields: String.raw`(data (i32.const 0) "ab\ff")`, call: `${hostCallWith(range, '0', '3')} (i32.const 1)` }));
    assert.is(shownOutcome(guest.call('run', new Uint8Array(0))), `trapped: __host_call (${part}): the name is not UTF-8`);
  });
}

host("a host call's payload longer than the limit ends the call", () => {
  const guest = startedGuest(guestModule({ call: `${hostCallWith(3, '0', '9')} (i32.const 1)` }), { limits });
  assert.is(shownOutcome(guest.call('run', new Uint8Array(0))), 'trapped: __host_call (payload): the guest handed over 9 bytes, the limit is 8');
});

host('the host calls of one operation are counted, and one too many ends it', () => {
  const call = (count: number): string => `${hostCallWith(0, '0', '0').repeat(count)} (call $guest_response (i32.const 0) (i32.const 0)) (i32.const 1)`;
  let answers = 0;
  const hostCall = (): HostAnswer => ((answers += 1), answered(''));
  const patient = startedGuest(guestModule({ call: call(3) }), { limits, hostCall });
  assert.is(patient.call('run', new Uint8Array(0)).kind, 'answered');
  assert.is(patient.call('run', new Uint8Array(0)).kind, 'answered', 'the count starts anew');
  assert.is(
    shownOutcome(startedGuest(guestModule({ call: call(4) }), { limits, hostCall }).call('run', new Uint8Array(0))),
    'trapped: __host_call: the guest made more than 3 host calls in one operation',
  );
  assert.is(answers, 9);
});

host('a host call hands over its four parts as they are', () => {
  const calls: HostCall[] = [];
  const module = guestModule({
    fields: String.raw`(data (i32.const 0) "kubewardennet/v1gr\c3\b6\c3\9fe[1]")`,
    call: `
      (drop (call $host_call (i32.const 0) (i32.const 10) (i32.const 10) (i32.const 6) (i32.const 16) (i32.const 7) (i32.const 23) (i32.const 3)))
      (call $guest_response (i32.const 0) (i32.const 0)) (i32.const 1)`,
  });
  startedGuest(module, { hostCall: (call) => (calls.push(call), answered('')) }).call('run', new Uint8Array(0));
  assert.equal(calls, [{ binding: 'kubewarden', namespace: 'net/v1', operation: 'größe', payload: bytesOf('[1]') }]);
});

host('a payload is a copy: the guest may overwrite its memory at once', () => {
  const guest = startedGuest(guestModule({
    fields: '(data (i32.const 0) "before")',
    call: '(call $guest_response (i32.const 0) (i32.const 6)) (memory.fill (i32.const 0) (i32.const 120) (i32.const 6)) (i32.const 1)',
  }));
  assert.is(shownOutcome(guest.call('run', new Uint8Array(0))), 'answered: before');
});

/** Two host calls; then answers with four digits: the lengths of answer and error after each. */
const reportsLengths = `
  ${hostCallWith(3, '0', '1')}
  (i32.store8 (i32.const 8) (i32.add (i32.const 48) (call $host_response_len)))
  (i32.store8 (i32.const 9) (i32.add (i32.const 48) (call $host_error_len)))
  ${hostCallWith(3, '0', '2')}
  (i32.store8 (i32.const 10) (i32.add (i32.const 48) (call $host_response_len)))
  (i32.store8 (i32.const 11) (i32.add (i32.const 48) (call $host_error_len)))
  (call $guest_response (i32.const 8) (i32.const 4)) (i32.const 1)`;

host('a host call forgets the answer and the error of the one before', () => {
  const answers: readonly HostAnswer[] = [answered('four'), { kind: 'refused', message: 'größe' }];
  const forward = startedGuest(guestModule({ call: reportsLengths }), { hostCall: ({ payload }) => answers[payload.byteLength - 1] ?? answered('') });
  assert.is(shownOutcome(forward.call('run', new Uint8Array(0))), 'answered: 4007');
  const backward = startedGuest(guestModule({ call: reportsLengths }), { hostCall: ({ payload }) => answers[2 - payload.byteLength] ?? answered('') });
  assert.is(shownOutcome(backward.call('run', new Uint8Array(0))), 'answered: 0740');
});

host('both lengths are 0 and nothing is written before the first host call, and in every operation anew', () => {
  const module = guestModule({
    fields: '(data (i32.const 0) "xx")',
    call: `
      (call $host_response (i32.const 0)) (call $host_error (i32.const 0))
      (i32.store8 (i32.const 2) (i32.add (i32.const 48) (call $host_response_len)))
      (i32.store8 (i32.const 3) (i32.add (i32.const 48) (call $host_error_len)))
      ${hostCallWith(0, '0', '0')}
      (call $guest_response (i32.const 0) (i32.const 4)) (i32.const 1)`,
  });
  for (const hostCall of [(): HostAnswer => answered('five!'), (): HostAnswer => ({ kind: 'refused', message: 'five!' })]) {
    const guest = startedGuest(module, { hostCall });
    assert.is(shownOutcome(guest.call('run', new Uint8Array(0))), 'answered: xx00');
    assert.is(shownOutcome(guest.call('run', new Uint8Array(0))), 'answered: xx00');
  }
});

host('what the host-call handler throws is no message for the guest but ours to see', () => {
  const bug = new Error('a bug of ours');
  const guest = startedGuest(guestModule({ call: `${hostCallWith(0, '0', '0')} (i32.const 1)` }), {
    hostCall: () => {
      throw bug;
    },
  });
  assert.throws(
    () => guest.call('run', new Uint8Array(0)),
    (thrown: unknown) => thrown === bug,
  );
});

host('a guest that asks for a request while it is being started cannot be started', () => {
  const module = guestModule({ fields: '(func (export "wapc_init") (call $guest_request (i32.const 0) (i32.const 0)))' });
  assert.throws(() => startedGuest(module), /asked for a request while none was being made/);
});

/** Runs an action while every callback that `@wapc/host` offers counts its calls. */
function countingInherited(action: () => void): Readonly<Record<string, number>> {
  const calls: Record<string, number> = {};
  const stock = Object.getOwnPropertyDescriptor(WapcHost.prototype, 'getImports');
  assert.type(stock?.value, 'function');
  WapcHost.prototype.getImports = function (this: WapcHost) {
    const imports: WebAssembly.Imports = Reflect.apply(stock?.value as () => WebAssembly.Imports, this, []);
    const counted = Object.entries(imports['wapc'] ?? {}).map(([name, callback]) => [
      name,
      (...values: unknown[]): unknown => {
        calls[name] = (calls[name] ?? 0) + 1;
        return Reflect.apply(callback as () => unknown, undefined, values);
      },
    ]);
    return { ...imports, wapc: Object.fromEntries(counted) as WebAssembly.ModuleImports };
  };
  try {
    action();
  } finally {
    WapcHost.prototype.getImports = stock?.value as typeof WapcHost.prototype.getImports;
  }
  return calls;
}

host('an evaluation of a real policy, with a log line and a question, passes through the inherited callbacks', () => {
  const calls = countingInherited(() => {
    const guest = startedGuest(new WebAssembly.Module(fixtureBytes('namespace-label')), {
      hostCall: () => answered('{"metadata":{"labels":{"team":"blue"}}}'),
    });
    const review = bytesOf('{"request":{"uid":"1","namespace":"shop","object":{}},"settings":{"label":"team"}}');
    assert.match(shownOutcome(guest.call('validate', review)), /^answered: \{"accepted":true/);
  });
  assert.equal(calls, { __guest_request: 1, __host_call: 2, __host_response_len: 2, __host_response: 2, __guest_response: 1 });
});

host('a failing policy passes through them as well; the overridden ones are never reached', () => {
  const calls = countingInherited(() => {
    const guest = startedGuest(new WebAssembly.Module(fixtureBytes('namespace-label')), { hostCall: () => ({ kind: 'refused', message: 'größe ☃' }) });
    const review = bytesOf('{"request":{"uid":"1","namespace":"shop","object":{}},"settings":{"label":"team"}}');
    assert.match(shownOutcome(guest.call('validate', review)), /größe ☃/);
  });
  assert.is(calls['__guest_error'], 1);
  for (const overridden of ['__host_error', '__host_error_len', '__console_log']) assert.is(calls[overridden], undefined, overridden);
});

host.run();
