// The public door: load, validate settings, evaluate, close, with real guests on real threads.
import * as assert from 'uvu/assert';
import { suite } from 'uvu';
import { z } from 'zod';

import { createRuntime, deadlineAfter, defineCapability, isFault, parseRawRequest, refusal, type RuntimeEvent, type RuntimeOptions } from '../../../lib/index.js';
import { faultOf } from '../../support/fault-of.js';
import { fixtureBytes, reviewText } from '../../support/fixtures.js';
import { bytesOf, guestBytes } from '../../support/wapc-guest.js';

const runtimes = suite('runtime/runtime');

/** A limit that no good guest reaches, however busy the machine. */
const patientMs = 60_000;

function quietRuntime(options: RuntimeOptions = {}) {
  const events: RuntimeEvent[] = [];
  const runtime = createRuntime({ workers: 1, policyTimeoutMs: patientMs, onEvent: (event) => events.push(event), ...options });
  return { runtime, events };
}

const { runtime: shared, events: sharedEvents } = quietRuntime();
runtimes.after(() => shared.close());

const review = (name: string): Uint8Array => bytesOf(reviewText(name));

/** The code and message of the fault that an action ends with. */
async function refused(action: Promise<unknown>): Promise<string> {
  const thrown: unknown = await action.then(() => 'nothing was thrown', (reason: unknown) => reason);
  return isFault(thrown) ? `${thrown.code}: ${thrown.message}` : String(thrown);
}

runtimes('a policy allows and denies real reviews', async () => {
  await shared.load({ pods: { module: fixtureBytes('pod-privileged') } });
  const allowed = await shared.evaluate('pods', review('pod-allowed'));
  assert.equal([allowed.policyId, allowed.response.allowed], ['pods', true]);
  const denied = await shared.evaluate('pods', review('pod-privileged'));
  assert.equal([denied.response.uid, denied.response.allowed], ['0c5d4ac5-8a8c-4c3c-9d4b-1f0e5b3c2a02', false]);
  assert.ok((denied.response.status?.message ?? '').length > 0);
});

runtimes('a review may be bytes, an object, or a parsed request', async () => {
  await shared.load({ pods: { module: fixtureBytes('pod-privileged') } });
  const answers = [];
  for (const request of [review('pod-privileged'), JSON.parse(reviewText('pod-privileged')) as never, Buffer.from(review('pod-privileged'))]) {
    answers.push((await shared.evaluate('pods', request)).response);
  }
  assert.equal(answers[1], answers[0]);
  assert.equal(answers[2], answers[0]);
});

runtimes('a mutation arrives as a patch, every other byte of the object untouched', async () => {
  await shared.load({ label: { module: fixtureBytes('add-label'), allowedToMutate: true, settings: { label: 'team', value: 'blue' } } });
  const { response } = await shared.evaluate('label', review('custom-resource-numbers'));
  assert.is(response.allowed, true, JSON.stringify(response));
  const patch = Buffer.from(response.patch ?? '', 'base64').toString();
  assert.match(patch, /^\[\{"op":"add","path":"\/metadata\/labels(\/team)?","value":("blue"|\{"team":"blue"\})\}\]$/);
});

runtimes('a mutation by a policy that must not mutate is denied', async () => {
  await shared.load({ label: { module: fixtureBytes('add-label'), settings: { label: 'team', value: 'blue' } } });
  const { response, unprocessed } = await shared.evaluate('label', review('pod-allowed'));
  assert.is(response.status?.message, 'Request rejected by policy label. The policy attempted to mutate the request, but it is currently configured to not allow mutations.');
  assert.equal([response.allowed, response.patch, unprocessed.allowed], [false, undefined, true]);
  assert.ok(unprocessed.patch !== undefined);
});

runtimes('a monitoring policy lets through and keeps the truth', async () => {
  await shared.load({ pods: { module: fixtureBytes('pod-privileged'), policyMode: 'monitor', message: 'ignored' } });
  const { response, unprocessed } = await shared.evaluate('pods', review('pod-privileged'));
  assert.equal([response.allowed, response.status, unprocessed.allowed], [true, undefined, false]);
});

runtimes("a custom message replaces the policy's own, which becomes a cause", async () => {
  await shared.load({ pods: { module: fixtureBytes('pod-privileged'), message: 'ask the platform team' } });
  const { response, unprocessed } = await shared.evaluate('pods', review('pod-privileged'));
  assert.is(response.status?.message, 'ask the platform team');
  assert.equal(response.status?.details?.causes, [{ reason: null, message: unprocessed.status?.message ?? '', field: null }]);
});

const scripted: readonly (readonly [string, object, (response: string) => void])[] = [
  ['code, warnings and annotations', { accepted: false, message: 'no', code: 418, warnings: ['w'], audit_annotations: { k: 'v' } }, (response) => assert.match(response, /"status":\{"message":"no","code":418\},"auditAnnotations":\{"k":"v"\},"warnings":\["w"\]\}$/)],
  ['an unreadable shape', { accepted: 'yes' }, (response) => assert.match(response, /"internal server error: invalid response from policy: accepted: expected boolean, received string","code":500/)],
];
for (const [title, answer, check] of scripted) {
  runtimes(`an answer with ${title} is converted`, async () => {
    await shared.load({ scripted: { module: fixtureBytes('scripted'), settings: { answer } } });
    check(JSON.stringify((await shared.evaluate('scripted', review('pod-allowed'))).response));
  });
}

runtimes('a mutation of a deletion is denied', async () => {
  await shared.load({ scripted: { module: fixtureBytes('scripted'), allowedToMutate: true, settings: { answer: { accepted: true, mutated_object: {} } } } });
  const { response } = await shared.evaluate('scripted', review('pod-delete'));
  assert.match(response.status?.message ?? '', /^Incoming object is null, which happens only with DELETE operations/);
});

runtimes('a raw request of any shape reaches the policy', async () => {
  await shared.load({ raw: { module: fixtureBytes('raw-allowed-user'), settings: { allowed_users: ['tonio'] } } });
  const answers = [];
  for (const user of ['tonio', 'rita']) answers.push((await shared.evaluate('raw', parseRawRequest(bytesOf(`{"uid":"r1","user":"${user}"}`)))).response);
  assert.equal(answers.map(({ uid, allowed, status }) => [uid, allowed, status?.message]), [['r1', true, undefined], ['r1', false, "user 'rita' is not allowed"]]);
});

runtimes('settings are validated by the policy', async () => {
  await shared.load({
    good: { module: fixtureBytes('scripted') },
    bad: { module: fixtureBytes('scripted'), settings: { settings_error: 'größe' } },
    traps: { module: fixtureBytes('adversarial/settings-trap') },
  });
  assert.equal(await shared.validateSettings('good'), { valid: true });
  assert.equal(await shared.validateSettings('bad'), { valid: false, message: 'größe' });
  assert.equal(await shared.validateSettings('traps'), { valid: false, message: 'Error invoking settings validation callback: GuestCallFailure("unreachable")' });
});

runtimes('a policy tells the version of the protocol it speaks', async () => {
  await shared.load({ pods: { module: fixtureBytes('pod-privileged') }, odd: { module: fixtureBytes('adversarial/bad-protocol-version') }, mute: { module: guestBytes({ call: '(i32.const 0)' }) } });
  assert.is(await shared.protocolVersion('pods'), 'v1');
  assert.match(await refused(shared.protocolVersion('odd')), /^GUEST_ANSWER_INVALID: cannot create ProtocolVersion object from \[/);
  assert.is(await refused(shared.protocolVersion('mute')), "GUEST_ANSWER_INVALID: cannot invoke 'protocol_version' waPC function : Guest call failure: No error message set for call failure");
});

runtimes('a guest that is too slow to tell its version is a fault with the deadline text', async () => {
  const { runtime } = quietRuntime({ policyTimeoutMs: 100 });
  await runtime.load({ slow: { module: guestBytes({ call: '(loop $l (br $l)) (i32.const 1)' }) } });
  assert.match(await refused(runtime.protocolVersion('slow')), /Guest call failure: guest code interrupted, execution deadline exceeded$/);
  assert.equal(await runtime.validateSettings('slow'), { valid: false, message: 'Error invoking settings validation callback: GuestCallFailure("guest code interrupted, execution deadline exceeded")' });
  await runtime.close();
});

runtimes('an unknown policy is a fault for every operation', async () => {
  for (const action of [shared.evaluate('nobody', review('pod-allowed')), shared.validateSettings('nobody'), shared.protocolVersion('nobody')]) {
    assert.is(await refused(action), 'POLICY_UNKNOWN: unknown policy: nobody');
  }
});

runtimes('an unusable policy rejects requests with its reason, whatever its mode, and faults elsewhere', async () => {
  const loaded = await shared.load({ broken: { module: guestBytes({ fields: '(table 200000 funcref)' }), policyMode: 'monitor', message: 'custom' } });
  assert.is(loaded.get('broken')?.kind, 'unusable');
  const reason = 'cannot use the Wasm module: its tables begin with 200000 elements and at most 100000 are allowed';
  const { response, unprocessed } = await shared.evaluate('broken', review('pod-allowed'));
  assert.is(response, unprocessed);
  assert.is(JSON.stringify(response), `{"uid":"${response.uid}","allowed":false,"status":{"message":"${reason}","code":500},"auditAnnotations":null,"warnings":null}`);
  assert.is(await refused(shared.validateSettings('broken')), `WASM_LIMIT_EXCEEDED: ${reason}`);
});

runtimes('a guest that cannot be brought up is a fault of the evaluation', async () => {
  await shared.load({ trap: { module: fixtureBytes('adversarial/trap-init') } });
  assert.is(await refused(shared.evaluate('trap', review('pod-allowed'))), "POLICY_START_FAILED: WebAssembly failure: cannot bring up an instance of policy 'trap': Initialization failed: unreachable");
});

runtimes('loading adds policies, replaces those of the same id, and leaves running evaluations alone', async () => {
  const { runtime } = quietRuntime();
  await runtime.load({ a: { module: fixtureBytes('adversarial/accept') }, b: { module: fixtureBytes('scripted'), settings: { error: 'one' } } });
  const before = runtime.evaluate('b', review('pod-allowed'));
  await runtime.load({ b: { module: fixtureBytes('scripted'), settings: { error: 'two' } } });
  assert.match((await before).response.status?.message ?? '', /one$/);
  assert.match((await runtime.evaluate('b', review('pod-allowed'))).response.status?.message ?? '', /two$/);
  assert.equal([...runtime.policies.keys()], ['a', 'b']);
  await runtime.close();
});

runtimes('two loads at once both count', async () => {
  const { runtime } = quietRuntime();
  await Promise.all([runtime.load({ a: { module: guestBytes({}) } }), runtime.load({ b: { module: guestBytes({}) } })]);
  assert.equal([...runtime.policies.keys()].sort(), ['a', 'b']);
  await runtime.close();
});

const badReviews: readonly (readonly [string, Uint8Array | object, RegExp])[] = [
  ['without request', {}, /^REVIEW_INVALID: missing field `request`$/],
  ['without uid', { request: { kind: {}, resource: {}, operation: '', userInfo: {} } }, /^REVIEW_INVALID: request: missing field `uid`/],
  ['that is no JSON', bytesOf('review'), /^JSON_SYNTAX: /],
  ['that is not UTF-8', Uint8Array.of(0xff), /^JSON_NOT_UTF8: /],
];
for (const [title, request, message] of badReviews) {
  runtimes(`a review ${title} is refused`, async () => {
    await shared.load({ pods: { module: fixtureBytes('pod-privileged') } });
    assert.match(await refused(shared.evaluate('pods', request as never)), message);
  });
}

runtimes('host calls reach the capabilities of the embedder when they are granted', async () => {
  const greet = defineCapability({ path: 'example/v1/greet', request: z.object({ name: z.string() }), handle: ({ name }) => `hello ${name}` });
  const refuse = defineCapability({
    path: 'example/v1/refuse',
    request: z.unknown(),
    handle: () => {
      throw refusal('größe ☃');
    },
  });
  const { runtime, events } = quietRuntime({ capabilities: [greet, refuse] });
  const module = fixtureBytes('host-call');
  await runtime.load({ granted: { module, hostCapabilities: ['example/*'] }, bare: { module } });
  const ask = async (id: string, operation: string): Promise<string> =>
    (await runtime.evaluate(id, parseRawRequest(bytesOf(`{"namespace":"example","operation":"${operation}","payload":{"name":"tonio"}}`)))).response.status?.message ?? '';
  assert.is(await ask('granted', 'v1/greet'), '"hello tonio"');
  assert.is(await ask('granted', 'v1/refuse'), 'internal server error: Guest call failure: Host error: Callback evaluation failure: größe ☃');
  assert.is(await ask('bare', 'v1/greet'), "internal server error: Guest call failure: Host error: Policy has not been granted access to the 'example/v1/greet' host capability. The violation has been reported.");
  assert.ok(events.some((event) => event.kind === 'capability-denied' && event.policyId === 'bare'));
  await runtime.close();
});

runtimes('a capability may take its time; the signal fires when nobody waits any more', async () => {
  const signals: AbortSignal[] = [];
  const slow = defineCapability({
    path: 'example/v1/slow',
    request: z.unknown(),
    handle: async (_, { signal }) => {
      signals.push(signal);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    },
  });
  const { runtime } = quietRuntime({ capabilities: [slow], policyTimeoutMs: 300 });
  await runtime.load({ p: { module: fixtureBytes('host-call'), hostCapabilities: ['*'] } });
  const request = parseRawRequest(bytesOf('{"namespace":"example","operation":"v1/slow","payload":{}}'));
  const { response } = await runtime.evaluate('p', request);
  assert.is(response.status?.message, 'Policy execution interrupted because it exceeded the allowed execution time');
  assert.is(signals[0]?.aborted, true);
  await runtime.close();
});

runtimes('log lines of a policy are events', async () => {
  sharedEvents.length = 0;
  await shared.load({ logs: { module: fixtureBytes('logs') } });
  await shared.evaluate('logs', review('pod-allowed'));
  const lines = sharedEvents.flatMap((event) => (event.kind === 'guest-logged' ? [`${event.policyId} ${event.source} ${event.level}`] : []));
  assert.equal(lines, ['logs tracing trace', 'logs tracing debug', 'logs tracing info', 'logs tracing warn', 'logs tracing error', 'logs console info']);
});

runtimes("a guest's words can be withheld from the events, for requests that hold secrets", async () => {
  const { runtime, events } = quietRuntime();
  await runtime.load({ logs: { module: fixtureBytes('logs') }, asks: { module: fixtureBytes('host-call') } });
  await runtime.evaluate('logs', review('pod-allowed'), { withholdGuestOutput: true });
  for (const operation of ['v1/dns_lookup_host', 'v1/secret-word']) {
    await runtime.evaluate('asks', parseRawRequest(bytesOf(`{"namespace":"net","operation":"${operation}","payload":{}}`)), { withholdGuestOutput: true });
  }
  const lines = events.flatMap((event) => (event.kind === 'guest-logged' ? [`${event.level} ${event.message} ${event.data}`] : []));
  assert.is(lines.length, 6);
  assert.equal([...new Set(lines.map((line) => line.replace(/^\w+ /, '')))], ['withheld: the request may hold secrets {}']);
  assert.equal(
    events.flatMap((event) => (event.kind === 'capability-denied' ? [event.capability] : [])),
    ['net/v1/dns_lookup_host', 'withheld: the request may hold secrets'],
  );
  await runtime.close();
});

runtimes('what happens is told in events, in order', async () => {
  const { runtime, events } = quietRuntime({ spareWorkers: 0 });
  await runtime.load({ p: { module: fixtureBytes('adversarial/accept') }, q: { module: 'missing.wasm' } });
  await runtime.evaluate('p', review('pod-allowed'));
  await runtime.validateSettings('p');
  await runtime.close();
  const told = events.map((event) => (event.kind === 'evaluated' ? `${event.kind} ${event.operation}` : event.kind)).filter((kind) => kind !== 'worker-started');
  assert.equal(told, ['policy-loaded', 'policy-refused', 'evaluated validate', 'evaluated validate_settings', 'worker-stopped']);
  assert.ok(events.some(({ kind }) => kind === 'worker-started'));
});

runtimes('an evaluation with a deadline that has passed is refused without a thread', async () => {
  await shared.load({ p: { module: fixtureBytes('adversarial/accept') } });
  assert.match(await refused(shared.evaluate('p', review('pod-allowed'), { deadline: deadlineAfter(0) })), /^REQUEST_DEADLINE_EXCEEDED: /);
  assert.match(await refused(shared.validateSettings('p', { deadline: deadlineAfter(0) })), /^REQUEST_DEADLINE_EXCEEDED: /);
});

runtimes('more evaluations than may wait are refused, the others are served', async () => {
  const { runtime } = quietRuntime({ queueSize: 2 });
  await runtime.load({ p: { module: fixtureBytes('adversarial/accept') } });
  await runtime.evaluate('p', review('pod-allowed'));
  const results = await Promise.all(Array.from({ length: 5 }, () => runtime.evaluate('p', review('pod-allowed')).then(({ response }) => String(response.allowed), (thrown: unknown) => (isFault(thrown) ? thrown.code : String(thrown)))));
  assert.equal(results, ['true', 'true', 'true', 'POOL_SATURATED', 'POOL_SATURATED']);
  await runtime.close();
});

runtimes('occupancy tells who waits and who runs', async () => {
  const { runtime } = quietRuntime();
  await runtime.load({ p: { module: fixtureBytes('adversarial/accept') } });
  await runtime.evaluate('p', review('pod-allowed'));
  const results = [1, 2, 3].map(() => runtime.evaluate('p', review('pod-allowed')));
  assert.equal(runtime.occupancy, { waiting: 2, running: 1 });
  await Promise.all(results);
  assert.equal(runtime.occupancy, { waiting: 0, running: 0 });
  await runtime.close();
});

runtimes('closing settles what is pending and refuses what comes later', async () => {
  const { runtime } = quietRuntime();
  await runtime.load({ p: { module: guestBytes({ call: '(loop $l (br $l)) (i32.const 1)' }) } });
  const pending = [refused(runtime.evaluate('p', review('pod-allowed'))), refused(runtime.evaluate('p', review('pod-allowed'))), refused(runtime.load({ q: { module: guestBytes({}) } }))];
  await runtime.close();
  for (const result of pending) assert.is(await result, 'RUNTIME_CLOSED: The runtime is closed.');
  assert.is(await refused(runtime.evaluate('p', review('pod-allowed'))), 'RUNTIME_CLOSED: The runtime is closed.');
  assert.is(await refused(runtime.load({})), 'RUNTIME_CLOSED: The runtime is closed.');
  await runtime.close();
});

runtimes('a runtime can be disposed of', async () => {
  let stopped = 0;
  {
    await using runtime = createRuntime({ workers: 1, onEvent: (event) => (stopped += event.kind === 'worker-stopped' ? 1 : 0) });
    await runtime.load({ p: { module: fixtureBytes('adversarial/accept') } });
  }
  assert.is(stopped, 2);
});

/** What a guest with these limits comes to: the message of its rejection. */
async function limited(module: Uint8Array, limits: Readonly<Record<string, number>>, options: RuntimeOptions = {}): Promise<string | undefined> {
  const { runtime } = quietRuntime(options);
  await runtime.load({ p: { module, hostCapabilities: ['*'], sandbox: { limits } } });
  const { response } = await runtime.evaluate('p', parseRawRequest(bytesOf('{"namespace":"example","operation":"v1/large","payload":{}}')));
  await runtime.close();
  return response.status?.message;
}

runtimes("a policy's own limits hold: host calls, bytes of its answer and of its host's, time to start", async () => {
  const large = defineCapability({ path: 'example/v1/large', request: z.unknown(), handle: () => 'x'.repeat(1000) });
  const caller = fixtureBytes('host-call');
  assert.match((await limited(caller, { hostCalls: 0 })) ?? '', /the guest made more than 0 host calls/);
  assert.match((await limited(caller, { hostAnswerBytes: 100 }, { capabilities: [large] })) ?? '', /the answer has 1002 bytes, the limit is 100$/);
  assert.match((await limited(fixtureBytes('adversarial/accept'), { guestAnswerBytes: 3 })) ?? '', /the guest handed over 17 bytes, the limit is 3$/);
  assert.is(await limited(fixtureBytes('adversarial/infinite-loop-init'), { startMs: 50 }), 'Policy execution interrupted because it exceeded the allowed execution time');
});

runtimes("a policy's own limit of log lines holds", async () => {
  const { runtime, events } = quietRuntime();
  await runtime.load({ p: { module: fixtureBytes('logs'), sandbox: { limits: { logLines: 2 } } } });
  await runtime.evaluate('p', review('pod-allowed'));
  assert.is(events.filter(({ kind }) => kind === 'guest-logged').length, 3, 'two, and a note that there were more');
  await runtime.close();
});

runtimes('a policy with wrong rules for its sandbox is unusable, and says what is wrong', async () => {
  const { runtime } = quietRuntime();
  const policy = (await runtime.load({ p: { module: guestBytes({}), sandbox: { limits: { hostCalls: -1 } } } })).get('p');
  assert.is(policy?.kind === 'unusable' ? policy.fault.message : '', 'sandbox: limits.hostCalls: Too small: expected number to be >=0');
  await runtime.close();
});

runtimes('policies with the same module share instances where that is allowed, with settings of their own', async () => {
  for (const [isolation, made] of [['policy', 2], ['module', 1], ['request', 6]] as const) {
    const { runtime, events } = quietRuntime({ spareWorkers: 0 });
    const module = fixtureBytes('namespace-label');
    const policy = (label: string) => ({ module, settings: { label }, sandbox: { isolation } });
    await runtime.load({ a: policy('team'), b: policy('cost') });
    const answers = new Set<string>();
    for (let round = 0; round < 3; round += 1) {
      const [a, b] = [await runtime.evaluate('a', review('pod-allowed')), await runtime.evaluate('b', review('pod-allowed'))];
      answers.add(JSON.stringify([a.response, b.response]));
    }
    assert.is(answers.size, 1, `the same each time (${isolation})`);
    const uses = events.flatMap((event) => (event.kind === 'evaluated' && event.instance?.kind === 'new' ? [event] : []));
    assert.is(uses.length, made, isolation);
    await runtime.close();
  }
});

runtimes('bad options are a fault', () => {
  assert.is(faultOf(() => createRuntime({ workers: 0 })).code, 'RUNTIME_OPTIONS_INVALID');
});

runtimes('a policy replaced many times leaves nothing behind in the threads', async () => {
  const { runtime, events } = quietRuntime({ spareWorkers: 0 });
  for (let version = 0; version < 20; version += 1) {
    const module = guestBytes({ fields: `(data (i32.const 0) "{\\"accepted\\":true,\\"code\\":${100 + version}}")`, call: '(call $guest_response (i32.const 0) (i32.const 28)) (i32.const 1)' });
    await runtime.load({ p: { module } });
    assert.is((await runtime.evaluate('p', review('pod-allowed'))).response.status?.code, 100 + version);
  }
  assert.is(events.filter(({ kind }) => kind === 'worker-started').length, 1);
  await runtime.close();
});

runtimes.run();
