import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { z } from 'zod';

import { allowAll, type AllowList, denyAll, parseAllowList } from '../../../lib/capabilities/allow-list.js';
import { defineCapability, refusal } from '../../../lib/capabilities/capability.js';
import { createDispatcher, defaultDispatchLimits, type HostAnswer, type HostCall } from '../../../lib/capabilities/dispatch.js';
import { Fault, isFault } from '../../../lib/fault.js';
import { bytesOf, recordedContext, textOf } from './call-context.js';

const dispatch = suite('capabilities/dispatch');

const echo = defineCapability({ path: 'acme/echo', request: z.object({ say: z.string() }), handle: ({ say }) => ({ said: say }) });
const gated = defineCapability({
  path: 'acme/gated',
  request: z.object({ kind: z.string() }),
  gate: ({ kind }, { contextAwareResources }) =>
    contextAwareResources.some((granted) => granted.kind === kind) ? undefined : { message: `no access to ${kind}`, granted: '[v1/Pod]' },
  handle: () => 'reached',
});
const broken = defineCapability({
  path: 'acme/broken',
  request: z.string(),
  handle: (how) => {
    if (how === 'refuses') throw refusal('the thing was not found', new Error('GET https://user:hunter2@registry.example/v2'));
    if (how === 'faults') throw new Fault('REGISTRY_UNREACHABLE', 'cannot reach https://user:hunter2@registry.example');
    if (how === 'rejects') return Promise.reject(new TypeError('at /srv/app/secret.js'));
    if (how === 'answers what JSON cannot hold') return { big: 1n };
    return 'well';
  },
});
const raw = defineCapability({ path: 'acme/raw', request: z.number(), handle: (size) => new Uint8Array(size).fill(65) });
const silent = defineCapability({ path: 'acme/silent', request: z.null(), handle: () => undefined });
const endless = defineCapability({ path: 'acme/endless', request: z.null(), handle: () => new Promise<never>(() => undefined) });
const added = [echo, gated, broken, raw, silent, endless];

const runtime = createDispatcher({ builtIn: [], added, limits: { maxPayloadBytes: 100, maxAnswerBytes: 50 } });
const callOf = (path: string, payload: string | Uint8Array = 'null', binding = 'kubewarden'): HostCall => {
  const slash = path.indexOf('/');
  return { binding, namespace: path.slice(0, slash), operation: path.slice(slash + 1), payload: typeof payload === 'string' ? bytesOf(payload) : payload };
};

/** An answer as text; the side it is not on is empty. */
function textual(answer: HostAnswer): { readonly answered: string; readonly refused: string } {
  return answer.kind === 'answered' ? { answered: textOf(answer.payload), refused: '' } : { answered: '', refused: answer.message };
}

async function ask(call: HostCall, grants: AllowList = allowAll) {
  const context = recordedContext({ contextAwareResources: [{ apiVersion: 'v1', kind: 'Pod' }] });
  return { ...textual(await runtime.dispatch(call, grants, context)), events: context.events };
}

const denial = (path: string) => `Policy has not been granted access to the '${path}' host capability. The violation has been reported.`;
const some = parseAllowList(['acme/echo'], runtime.knownPaths);

// Each row breaks several rules at once; the answer shows which check came first.
const order: readonly (readonly [string, HostCall, AllowList, string])[] = [
  ['the binding comes before the grant', callOf('oci/v9/nothing', '', 'docker'), denyAll, 'unknown binding: docker'],
  ['the binding comes before the log', callOf('tracing/log', '', ''), denyAll, 'unknown binding: '],
  ['the grant comes before the names: under deny all nobody learns which exist', callOf('no/such'), denyAll, denial('no/such')],
  ['the grant comes before the operation', callOf('oci/v9/nothing'), some, denial('oci/v9/nothing')],
  ['the grant comes before the payload', callOf('acme/gated', 'not json'), some, denial('acme/gated')],
  ['an unknown namespace', callOf('no/such'), allowAll, 'unknown namespace: no'],
  ['an unknown operation', callOf('oci/v9/nothing'), allowAll, 'unknown operation: v9/nothing'],
  ['an unknown operation of the ungated namespace', callOf('tracing/shout'), denyAll, 'unknown operation: shout'],
  ['a known capability nobody offers', callOf('oci/v1/verify', 'not json'), allowAll, "Callback evaluation failure: the host capability 'oci/v1/verify' is not available in this runtime"],
  ['the payload comes before the gate', callOf('acme/gated', '{}'), allowAll, 'missing field `kind`'],
  ['the gate comes before the work', callOf('acme/gated', '{"kind":"Secret"}'), allowAll, 'no access to Secret'],
];
for (const [title, call, grants, message] of order) {
  dispatch(title, async () => assert.is((await ask(call, grants)).refused, message));
}

const answers: readonly (readonly [string, HostCall, string])[] = [
  ['an answer goes out as JSON', callOf('acme/echo', '{"say":"hé"}'), '{"said":"hé"}'],
  ['bytes go out as they are', callOf('acme/raw', '3'), 'AAA'],
  ['no answer goes out as no bytes', callOf('acme/silent'), ''],
  ['a gate that finds nothing to object lets the call through', callOf('acme/gated', '{"kind":"Pod"}'), '"reached"'],
  ['an answer of exactly the limit passes', callOf('acme/raw', '50'), 'A'.repeat(50)],
];
for (const [title, call, expected] of answers) {
  dispatch(title, async () => {
    const { answered, refused, events } = await ask(call);
    assert.is(refused, '');
    assert.is(answered, expected);
    assert.equal(
      events.map((event) => event.kind === 'capability-called' && [event.policyId, event.capability, event.ok]),
      [['p1', `${call.namespace}/${call.operation}`, true]],
    );
  });
}

dispatch('a denied call is an event with what was granted', async () => {
  assert.equal((await ask(callOf('oci/v1/verify'), some)).events, [
    { kind: 'capability-denied', policyId: 'p1', capability: 'oci/v1/verify', granted: '[acme/echo]' },
  ]);
});

dispatch('a call that the gate denies is an event too', async () => {
  const { events } = await ask(callOf('acme/gated', '{"kind":"Secret"}'));
  assert.equal(events[0], { kind: 'capability-denied', policyId: 'p1', capability: 'acme/gated', granted: '[v1/Pod]' });
});

dispatch('the log is open to a policy without any grant and answers with no bytes', async () => {
  const { answered, refused, events } = await ask(callOf('tracing/log', '{"level":"INFO","message":"m"}'), denyAll);
  assert.equal([answered, refused], ['', '']);
  assert.equal(events.map(({ kind }) => kind), ['guest-logged']);
});

dispatch('a bad log line is answered like a good one', async () => {
  const { answered, refused, events } = await ask(callOf('tracing/log', 'x'.repeat(1000)), denyAll);
  assert.equal([answered, refused], ['', '']);
  assert.equal(events.map(({ kind }) => kind), ['capability-failed']);
});

const unexpected = "Callback evaluation failure: the host capability 'acme/broken' failed, the reason has been reported to the operator";
const failures: readonly (readonly [string, string, string | undefined])[] = [
  ['refuses', 'Callback evaluation failure: the thing was not found', undefined],
  ['faults', unexpected, 'cannot reach https://user:hunter2@registry.example'],
  ['rejects', unexpected, 'at /srv/app/secret.js'],
  ['answers what JSON cannot hold', unexpected, 'Do not know how to serialize a BigInt'],
];
for (const [how, message, problem] of failures) {
  dispatch(`a capability that ${how} keeps its internals out of the sandbox`, async () => {
    const { refused, events } = await ask(callOf('acme/broken', JSON.stringify(how)));
    assert.is(refused, message);
    const reported = events.flatMap((event) => (event.kind === 'capability-failed' ? [event.problem] : []));
    assert.equal(reported, problem === undefined ? [] : [problem]);
    assert.equal(events.flatMap((event) => (event.kind === 'capability-called' ? [event.ok] : [])), [false]);
  });
}

dispatch('an answer that breaks its own declaration is a failure of the host', async () => {
  const lying = defineCapability({ path: 'acme/lying', request: z.null(), answer: z.object({ n: z.string().max(1) }), handle: () => ({ n: 'long' }) });
  const context = recordedContext();
  const answer = await createDispatcher({ builtIn: [lying] }).dispatch(callOf('acme/lying'), allowAll, context);
  assert.match(textual(answer).refused, /acme\/lying' failed, the reason has been reported/);
  assert.equal(context.events.map(({ kind }) => kind), ['capability-failed', 'capability-called']);
});

dispatch('a payload over the limit is not even parsed', async () => {
  const { refused } = await ask(callOf('acme/echo', 'x'.repeat(101)));
  assert.is(refused, 'the payload of 101 bytes exceeds 100 bytes');
});

dispatch('an answer over the limit stays outside', async () => {
  const { refused } = await ask(callOf('acme/raw', '51'));
  assert.is(refused, 'Callback evaluation failure: the answer of 51 bytes exceeds 50 bytes');
});

dispatch('the limits have defaults', async () => {
  const open = createDispatcher({ builtIn: [raw] });
  const context = recordedContext();
  const over = await open.dispatch(callOf('acme/raw', String(defaultDispatchLimits.maxAnswerBytes + 1)), allowAll, context);
  assert.match(textual(over).refused, /answer of 33554433 bytes exceeds 33554432 bytes/);
  const long = await open.dispatch(callOf('acme/raw', new Uint8Array(defaultDispatchLimits.maxPayloadBytes + 1)), allowAll, context);
  assert.match(textual(long).refused, /payload of 1048577 bytes exceeds 1048576 bytes/);
});

dispatch('names of any length are cut where they are shown', async () => {
  const long = 'n'.repeat(100_000);
  const { refused, events } = await ask(callOf(`${long}/x`), denyAll);
  assert.is(refused, denial(`${'n'.repeat(256)}...`));
  assert.equal(events.map((event) => event.kind === 'capability-denied' && event.capability.length), [259]);
  assert.is((await ask(callOf('a/b', '', long))).refused, `unknown binding: ${'n'.repeat(256)}...`);
});

dispatch('a refusal of any length is cut', async () => {
  const wordy = defineCapability({
    path: 'acme/wordy',
    request: z.null(),
    handle: () => {
      throw refusal('w'.repeat(100_000));
    },
  });
  const answer = await createDispatcher({ builtIn: [wordy] }).dispatch(callOf('acme/wordy'), allowAll, recordedContext());
  assert.is(textual(answer).refused.length, 4099);
});

dispatch('a capability that heeds no signal does not hold the caller', async () => {
  const controller = new AbortController();
  const answer = runtime.dispatch(callOf('acme/endless'), allowAll, recordedContext({ signal: controller.signal }));
  controller.abort();
  assert.is(textual(await answer).refused, "Callback evaluation failure: the call of 'acme/endless' was given up, the evaluation has ended");
});

dispatch('an embedder may override a built-in capability', async () => {
  const builtIn = defineCapability({ path: 'net/v1/dns_lookup_host', request: z.string(), handle: () => 'built in' });
  const own = defineCapability({ path: 'net/v1/dns_lookup_host', request: z.string(), handle: () => 'own' });
  const answer = await createDispatcher({ builtIn: [builtIn], added: [own] }).dispatch(callOf('net/v1/dns_lookup_host', '"x"'), allowAll, recordedContext());
  assert.is(textual(answer).answered, '"own"');
});

dispatch('a path given twice is a fault at construction', () => {
  assert.throws(() => createDispatcher({ builtIn: [], added: [echo, echo] }), (thrown: unknown) => isFault(thrown, 'CAPABILITY_DUPLICATE'));
});

dispatch.run();
