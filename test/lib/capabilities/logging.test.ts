import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { logForGuest, maxLogBytes } from '../../../lib/capabilities/logging.js';
import { bytesOf, recordedContext } from './call-context.js';

const logging = suite('capabilities/logging');

function logged(payload: Uint8Array | string) {
  const context = recordedContext();
  logForGuest(typeof payload === 'string' ? bytesOf(payload) : payload, context);
  assert.is(context.events.length, 1);
  return context.events[0];
}

const line = (level: string, message: string, data: string) => ({ kind: 'guest-logged', policyId: 'p1', source: 'tracing', level, message, data });
const readable: readonly (readonly [string, string, object])[] = [
  ['a message alone', '{"level":"INFO","message":"hello"}', line('info', 'hello', '{}')],
  ['the level WARNING', '{"level":"WARNING","message":"m"}', line('warn', 'm', '{}')],
  ['a level in small letters', '{"level":"trace","message":"m"}', line('trace', 'm', '{}')],
  ['a level in mixed letters', '{"level":"DeBuG","message":"m"}', line('debug', 'm', '{}')],
  ['no message', '{"level":"ERROR"}', line('error', '', '{}')],
  ['a null message', '{"level":"ERROR","message":null}', line('error', '', '{}')],
  ['other fields as data', '{"level":"INFO","message":"m","a":1,"file":"x.rs"}', line('info', 'm', '{"a":1,"file":"x.rs"}')],
  ['numbers as they were written and keys in order', '{"z":1.0,"level":"INFO","a":18446744073709551615}', line('info', '', '{"a":18446744073709551615,"z":1.0}')],
  ['a key named __proto__ like any other', '{"level":"INFO","__proto__":{"a":1}}', line('info', '', '{"__proto__":{"a":1}}')],
];
for (const [title, payload, expected] of readable) {
  logging(`logs ${title}`, () => assert.equal(logged(payload), expected));
}

const unreadable: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ['the level warn, which the contract does not know', bytesOf('{"level":"warn","message":"m"}'), /^Cannot log event: level: Invalid option/],
  ['no level', bytesOf('{"message":"m"}'), /^Cannot log event: missing field `level`$/],
  ['a level that is a number', bytesOf('{"level":1}'), /^Cannot log event: level: /],
  ['a message that is a number', bytesOf('{"level":"INFO","message":1}'), /^Cannot log event: message: /],
  ['a payload that is no object', bytesOf('"hello"'), /^Cannot log event: the payload is not an object$/],
  ['a payload that is no JSON', bytesOf('hello'), /^Cannot log event: cannot read JSON: /],
  ['no payload', new Uint8Array(0), /^Cannot log event: cannot read JSON: /],
  ['nesting beyond the limit of the reader', bytesOf(`{"level":"INFO","a":${'['.repeat(200)}`), /^Cannot log event: cannot read JSON: too many nested/],
  ['invalid UTF-8', Uint8Array.of(0xff), /^Cannot log event: cannot read text: /],
  ['a payload over the limit', bytesOf(`{"level":"INFO","message":"${'x'.repeat(maxLogBytes)}"}`), /^Cannot log event: the payload of \d+ bytes exceeds 262144 bytes$/],
];
for (const [title, payload, problem] of unreadable) {
  logging(`reports ${title}`, () => {
    const event = logged(payload);
    assert.is(event?.kind, 'capability-failed');
    if (event?.kind !== 'capability-failed') return;
    assert.equal([event.policyId, event.capability], ['p1', 'tracing/log']);
    assert.match(event.problem, problem);
  });
}

logging('any bytes give exactly one event', () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 64 }), fc.json().map(bytesOf)), (payload) => void logged(payload)),
    { seed: 42, numRuns: 300 },
  );
});

logging.run();
