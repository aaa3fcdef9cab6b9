// Every hostile and broken guest on one runtime: what it comes to, and that the next evaluation's answer stays the same.
// README.md beside the guests says what each promises.
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { createRuntime, isFault, type RuntimeEvent } from '../../../lib/index.js';
import { fixtureBytes, fixtureNames, reviewText } from '../../support/fixtures.js';
import { bytesOf } from '../../support/wapc-guest.js';

const adversarial = suite('runtime/adversarial');

const folder = 'adversarial/';
const review = bytesOf(reviewText('pod-allowed'));
const deletion = bytesOf(reviewText('pod-delete'));

const events: RuntimeEvent[] = [];
/** The short limit is for guests that never end; those that do have a minute, however busy the machine. */
const runtime = createRuntime({ workers: 1, spareWorkers: 1, policyTimeoutMs: 300, onEvent: (event) => events.push(event) });
adversarial.after(() => runtime.close());
const patientSeconds = 60;

/** An answer as the client sees it, without what all have in common. */
function shown(response: { readonly allowed: boolean; readonly status?: { readonly message?: string; readonly code?: number } }): string {
  const { allowed, status } = response;
  return [allowed ? 'allowed' : 'denied', status?.message, status?.code].filter((part) => part !== undefined).join(' | ');
}

/** What a guest comes to: `unusable | code | message`, a fault's code and message, or the response. */
async function evaluated(name: string, timeoutEvalSeconds: number | undefined, request = review): Promise<string> {
  const policy = (await runtime.load({ bad: { module: fixtureBytes(folder + name), timeoutEvalSeconds, allowedToMutate: true } })).get('bad');
  if (policy?.kind === 'unusable') return `unusable | ${policy.fault.code} | ${policy.fault.message}`;
  try {
    return shown((await runtime.evaluate('bad', request)).response);
  } catch (thrown) {
    if (isFault(thrown)) return `fault | ${thrown.code} | ${thrown.message}`;
    throw thrown;
  }
}

const failed = (text: string): string => `denied | internal server error: Guest call failure: ${text} | 500`;
const invalid = (text: string): string => `denied | internal server error: invalid response from policy: ${text} | 500`;
const notStarted = (text: string): string => `fault | POLICY_START_FAILED | WebAssembly failure: cannot bring up an instance of policy 'bad': Initialization failed: ${text}`;
const unlinkable = (text: string): string => `unusable | MODULE_UNLINKABLE | ${text}`;
const notOffered = (name: string): string => unlinkable(`Cannot link the module: it imports '${name}', which the host does not offer.`);
const outside = (text: string): string => failed(`${text} lie outside the guest's memory of 131072 bytes`);
const expired = 'denied | Policy execution interrupted because it exceeded the allowed execution time | 500';

/** Guests that end by themselves, and what they come to. */
const ending: Readonly<Record<string, string | RegExp>> = {
  'accept': 'allowed',
  'bad-protocol-version': invalid('expected object, received string'),
  'bad-utf8-error': /^denied \| internal server error: Guest call failure: bad \ufffd+\( \| 500$/,
  'bad-utf8-log': 'allowed',
  'bad-utf8-response': invalid('cannot read text: its 17 bytes are not well-formed UTF-8'),
  'big-initial-memory': 'unusable | WASM_LIMIT_EXCEEDED | cannot use the Wasm module: its memory begins with 32768 pages of 64 KiB and at most 2048 are allowed',
  'big-initial-table': 'unusable | WASM_LIMIT_EXCEEDED | cannot use the Wasm module: its tables begin with 10000000 elements and at most 100000 are allowed',
  'code-out-of-range': invalid('code: Too big: expected number to be <=65535'),
  'counter': 'denied | 01',
  'deep-answer': /^denied \| internal server error: invalid response from policy: cannot read JSON: too many nested arrays and objects at line 1 column \d+ \| 500$/,
  'double-response': 'allowed',
  'duplicate-accepted': invalid('cannot read JSON: the key "accepted" appears twice in one object, again at byte 18'),
  'echo': invalid('missing field `accepted`'),
  'empty-pointers': 'allowed',
  'empty-response': invalid('cannot read JSON: expected a value but found the end of the text at line 1 column 1'),
  'error-claims-deadline': expired,
  'error-instead-of-response': failed('only an error'),
  'error-non-ascii': failed('größe ☃'),
  'error-then-success': 'allowed',
  'exit-0': 'allowed',
  'exit-3-in-start': notStarted('the guest exited with code 3'),
  'exit-in-call': failed('the guest exited with code 0'),
  'guest-call-is-global': unlinkable('Guest call function (__guest_call) not exported by wasm module.'),
  'guest-call-without-result': unlinkable('Cannot link the module: its __guest_call is (i32, i32) -> (), the protocol wants (i32, i32) -> i32.'),
  'host-answers-cleared': 'allowed',
  'host-call-in-init': 'allowed',
  'host-call-in-start': notStarted('the guest called its host before its memory could be reached (from its start section)'),
  'host-call-storm': failed('__host_call: the guest made more than 10000 host calls in one operation'),
  'host-error-non-ascii': failed('Host error: unknown binding: größe ☃'),
  'host-response-without-call': 'allowed',
  'huge-error': /^denied \| internal server error: Guest call failure: e{65536} \| 500$/,
  'huge-host-call': failed('__host_call (payload): the guest handed over 67108864 bytes, the limit is 8388608'),
  'huge-log-line': 'allowed',
  // It cannot even get the memory for such an answer; that its length alone is refused is shown in wapc/host.
  'huge-response': failed('__guest_response: the guest handed over 67108864 bytes, the limit is 8388608'),
  'imported-memory': unlinkable("Cannot link the module: it imports the memory 'env.memory'; a policy may import functions only."),
  'log-flood': 'allowed',
  'many-values-answer': invalid('cannot read JSON: it holds more than 250000 values'),
  'memory-bomb': 'allowed',
  'memory-is-function': unlinkable("Cannot find 'mem' export: the module does not export its memory under the name 'memory'."),
  'memory-leak': 'allowed',
  'memory-leak-between-requests': 'allowed',
  'missing-accepted': invalid('missing field `accepted`'),
  'mutates-deletion': 'allowed',
  'negative-len-response': failed('__guest_response: the guest handed over 4294967295 bytes, the limit is 8388608'),
  'no-error': failed('No error message set for call failure'),
  'no-guest-call': unlinkable('Guest call function (__guest_call) not exported by wasm module.'),
  'no-memory': unlinkable("Cannot find 'mem' export: the module does not export its memory under the name 'memory'."),
  'no-response': failed('No error message OR response set for call success'),
  'non-utf8-host-call': failed('__host_call (binding): the name is not UTF-8'),
  'not-json-response': invalid('cannot read JSON: expected a value but found "h" at line 1 column 1'),
  'oob-error': outside('__guest_error: bytes 131000 to 1131000'),
  'oob-host-call': failed('__host_call (binding): the guest handed over 4294967295 bytes, the limit is 65536'),
  'oob-host-response': /^denied \| internal server error: Guest call failure: __host_error: bytes 131071 to \d+ lie outside the guest's memory of 131072 bytes \| 500$/,
  'oob-log': outside('__console_log: bytes 131000 to 1131000'),
  'oob-request': outside('__guest_request: bytes 131070 to 131078'),
  'oob-response': outside('__guest_response: bytes 131000 to 1131000'),
  'poisoned-after-trap': 'allowed',
  'prints': 'allowed',
  'prints-wasi-unstable': 'allowed',
  'prototype-import': notOffered('wapc.toString'),
  'response-in-init': failed('No error message OR response set for call success'),
  'response-then-fail': failed('No error message set for call failure'),
  'return-2': 'allowed',
  'return-negative': 'allowed',
  'settings-hang': 'allowed',
  'settings-invalid': 'allowed',
  'settings-missing': 'allowed',
  'settings-trap': 'allowed',
  'settings-wrong-shape': 'allowed',
  'stack-overflow': failed('Maximum call stack size exceeded'),
  'start-order': 'denied | 12',
  'start-wrong-signature': unlinkable('Cannot link the module: its start function wapc_init is (i32) -> (), the protocol wants () -> ().'),
  'state-in-dropped-segment': 'allowed',
  'state-in-grown-memory': 'denied | 03',
  'state-in-table': 'denied | 02',
  'success-then-error': 'allowed',
  'table-bomb': 'allowed',
  'threads-shared-memory': 'unusable | WASM_UNSUPPORTED | cannot use the Wasm module: its memory is shared between threads',
  'trailing-response': invalid('cannot read JSON: expected the end of the document but found "x" at line 1 column 19'),
  'trap': failed('unreachable'),
  'trap-after-response': failed('unreachable'),
  'trap-div': failed('divide by zero'),
  'trap-init': notStarted('unreachable'),
  'trap-oob': failed('memory access out of bounds'),
  'unknown-import': notOffered('env.exec'),
  'unknown-wapc-import': notOffered('wapc.__evil'),
  'unknown-wasi-import': notOffered('wasi_snapshot_preview1.fork'),
  'wrapping-response': outside('__guest_response: bytes 4294967288 to 4294967304'),
  'wrong-import-type': unlinkable("Cannot link the module: it imports 'wapc.__guest_request' as (i64) -> i64, but the host offers (i32, i32) -> ()."),
  'wrong-shape-response': invalid('accepted: expected boolean, received string'),
  'wrong-signature': unlinkable('Cannot link the module: its __guest_call is (i64) -> i64, the protocol wants (i32, i32) -> i32.'),
};

/** Guests that do not end within the short limit, if ever. */
const endless: readonly string[] = ['copy-loop', 'fill-loop', 'grow-zero-loop', 'recursion', 'sleeps', 'infinite-loop', 'infinite-loop-init', 'infinite-loop-start', 'infinite-loop-wasi-start', 'slow-loop', 'slow-to-read-answer'];

/** Left out: nothing ends it but the end of the process; see webhook-server/shutdown. */
const leftOut: readonly string[] = ['fill-loop-uncheckable'];

adversarial('the table knows every guest', () => {
  const known = [...Object.keys(ending), ...endless, ...leftOut, 'host-call-forever'].map((name) => folder + name);
  assert.equal(known.sort(), fixtureNames().filter((name) => name.startsWith(folder)));
});

/** The answer of a good policy, which must never change. */
async function good(): Promise<string> {
  const { response } = await runtime.evaluate('good', review);
  return JSON.stringify(response);
}

let baseline = '';
adversarial.before(async () => {
  await runtime.load({ good: { module: fixtureBytes('pod-privileged'), timeoutEvalSeconds: patientSeconds } });
  baseline = await good();
});

for (const [name, expected] of Object.entries(ending)) {
  adversarial(name, async () => {
    const found = await evaluated(name, patientSeconds);
    if (typeof expected === 'string') assert.is(found, expected);
    else assert.match(found, expected);
    assert.is(await good(), baseline);
  });
}

for (const name of endless) {
  adversarial(`${name} is ended`, async () => {
    assert.is(await evaluated(name, undefined), expired);
    assert.is(await good(), baseline);
  });
}

adversarial('host-call-forever is ended by its limit or by the number of its calls', async () => {
  const found = await evaluated('host-call-forever', undefined);
  assert.ok([expired, failed('__host_call: the guest made more than 10000 host calls in one operation')].includes(found), found);
  assert.is(await good(), baseline);
});

adversarial('slow-loop is accepted by a limit that is long enough', async () => {
  assert.is(await evaluated('slow-loop', patientSeconds), 'allowed');
});

adversarial('a mutation of a deletion is denied', async () => {
  assert.is(await evaluated('mutates-deletion', patientSeconds, deletion), 'denied | Incoming object is null, which happens only with DELETE operations, but the policy is attempting a mutation. This is not allowed');
});

const settings: Readonly<Record<string, object>> = {
  'settings-invalid': { valid: false, message: 'these settings never suit' },
  'settings-missing': { valid: false, message: 'Error invoking settings validation callback: GuestCallFailure("No handler registered for function validate_settings")' },
  'settings-trap': { valid: false, message: 'Error invoking settings validation callback: GuestCallFailure("unreachable")' },
  'settings-wrong-shape': { valid: false, message: 'error: valid: expected boolean, received string' },
  'settings-hang': { valid: false, message: 'Error invoking settings validation callback: GuestCallFailure("guest code interrupted, execution deadline exceeded")' },
};
for (const [name, expected] of Object.entries(settings)) {
  adversarial(`the settings of ${name} are not valid`, async () => {
    await runtime.load({ bad: { module: fixtureBytes(folder + name), ...(name === 'settings-hang' ? {} : { timeoutEvalSeconds: patientSeconds }) } });
    assert.equal(await runtime.validateSettings('bad'), expected);
    assert.is(await good(), baseline);
  });
}

/** Guests that would notice if anything of an evaluation were left for the next. */
for (const name of ['counter', 'memory-leak', 'memory-leak-between-requests', 'state-in-dropped-segment', 'state-in-grown-memory', 'state-in-table', 'response-in-init']) {
  adversarial(`${name} is the same ten times over`, async () => {
    const first = await evaluated(name, patientSeconds);
    for (let round = 0; round < 10; round += 1) assert.is(shown((await runtime.evaluate('bad', review)).response), first);
  });
}

adversarial('an instance that trapped is not used again', async () => {
  await runtime.load({ bad: { module: fixtureBytes(`${folder}poisoned-after-trap`), timeoutEvalSeconds: patientSeconds } });
  const large = bytesOf(reviewText('pod-allowed').replace('"object": {', `"object": {"padding":"${'x'.repeat(120_000)}",`));
  assert.is(shown((await runtime.evaluate('bad', large)).response), failed('unreachable'));
  assert.is(shown((await runtime.evaluate('bad', review)).response), 'allowed');
});

adversarial('what a flood of log lines leaves in the log is bounded, and says so', async () => {
  events.length = 0;
  await evaluated('log-flood', patientSeconds);
  const lines = events.flatMap((event) => (event.kind === 'guest-logged' ? [event] : []));
  assert.is(lines.length, 1001);
  assert.is(lines.at(-1)?.level, 'warn');
  assert.match(lines.at(-1)?.message ?? '', /the rest is dropped$/);
});

adversarial('a huge log line is cut', async () => {
  events.length = 0;
  await evaluated('huge-log-line', patientSeconds);
  assert.equal(events.flatMap((event) => (event.kind === 'guest-logged' ? [event.message.length] : [])), [65_536]);
});

adversarial('no thread was found stuck', () => {
  assert.not(events.some(({ kind }) => kind === 'worker-stuck'));
});

adversarial.run();
