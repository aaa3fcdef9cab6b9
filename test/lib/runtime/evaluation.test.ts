// One evaluation on a thread driven by hand: what the guest is given, and what becomes of what it gives back.
import * as assert from 'uvu/assert';
import { suite } from 'uvu';
import { z } from 'zod';

import { allowAll, denyAll } from '../../../lib/capabilities/allow-list.js';
import { defineCapability, type CallContext } from '../../../lib/capabilities/capability.js';
import { createDispatcher } from '../../../lib/capabilities/dispatch.js';
import { deadlineAfter, never } from '../../../lib/deadline.js';
import type { RuntimeEvent } from '../../../lib/events.js';
import { isFault } from '../../../lib/fault.js';
import type { Outcome } from '../../../lib/outcome.js';
import { parseAdmissionReview, parseRawRequest } from '../../../lib/policy/admission.js';
import { evaluateRequest, runOperation } from '../../../lib/runtime/evaluation.js';
import type { ReadyPolicy } from '../../../lib/runtime/loaded-policy.js';
import { runtimeSettings } from '../../../lib/runtime/options.js';
import { Pool } from '../../../lib/runtime/pool/pool.js';
import { HandDrivenThreads } from '../../support/hand-driven-threads.js';
import { patient } from '../../support/jobs.js';
import { codeOf } from '../../support/sandbox-code.js';
import { bytesOf, guestModule } from '../../support/wapc-guest.js';

const evaluations = suite('runtime/evaluation');

const contexts: CallContext[] = [];
const lookup = defineCapability({
  path: 'net/v1/dns_lookup_host',
  request: z.object({ host: z.string() }),
  handle: (request, context) => {
    contexts.push(context);
    return { ips: [request.host] };
  },
});

const policy: ReadyPolicy = {
  kind: 'ready',
  id: 'p',
  digest: 'd',
  code: codeOf(guestModule({})),
  sandbox: 1,
  metadata: undefined,
  settings: bytesOf('{"b":1.0}'),
  enforcement: { id: 'p', mode: 'protect', allowedToMutate: false, message: undefined },
  grants: allowAll,
  contextAwareResources: [{ apiVersion: 'v1', kind: 'Namespace' }],
  limits: { start: 60_000, call: 60_000 },
  rules: runtimeSettings({}).sandbox,
  freshBecause: undefined,
};

const requestText = '{"uid":"u1","kind":{"group":"","version":"v1","kind":"Pod"},"resource":{"group":"","version":"v1","resource":"pods"},"operation":"CREATE","userInfo":{},"extra":1.50,"object":{"a":1}}';
const request = parseAdmissionReview(bytesOf(`{"request":${requestText}}`));

function stage() {
  const threads = new HandDrivenThreads();
  const events: RuntimeEvent[] = [];
  const emit = (event: RuntimeEvent): void => void events.push(event);
  const pool = new Pool({ limits: { workers: 1, spares: 0, parked: 0, queue: 1 }, startThread: threads.start, patience: patient, emit });
  threads.nth(1).ready();
  events.length = 0;
  const ports = { pool, dispatcher: createDispatcher({ builtIn: [lookup] }), emit };
  return { ports, thread: threads.nth(1), events };
}

const answer = (text: string): Outcome => ({ kind: 'answered', payload: bytesOf(text) });

evaluations('the guest is given the exact bytes of request and settings', async () => {
  const { ports, thread } = stage();
  const evaluation = evaluateRequest(ports, policy, request, never);
  assert.is(thread.assigned[0]?.operation, 'validate');
  assert.is(new TextDecoder().decode(thread.assigned[0]?.payload), `{"request":${requestText},"settings":{"b":1.0}}`);
  thread.finish(answer('{"accepted":true}'));
  const { waitMs, runMs, ...rest } = await evaluation;
  assert.ok(waitMs >= 0 && runMs >= 0);
  assert.equal(rest, {
    policyId: 'p',
    response: { uid: 'u1', allowed: true, auditAnnotations: null, warnings: null },
    unprocessed: { uid: 'u1', allowed: true, auditAnnotations: null, warnings: null },
  });
});

evaluations('the response is decided on, the unprocessed one is kept', async () => {
  const { ports, thread } = stage();
  const monitoring = { ...policy, enforcement: { ...policy.enforcement, mode: 'monitor' as const } };
  const evaluation = evaluateRequest(ports, monitoring, request, never);
  thread.finish(answer('{"accepted":false,"message":"no"}'));
  const { response, unprocessed } = await evaluation;
  assert.equal([response.allowed, response.status], [true, undefined]);
  assert.equal([unprocessed.allowed, unprocessed.status], [false, { message: 'no' }]);
});

evaluations('of a Kubernetes request the object may be mutated', async () => {
  const { ports, thread } = stage();
  const evaluation = evaluateRequest(ports, policy, request, never);
  thread.finish(answer('{"accepted":true,"mutated_object":{"a":2}}'));
  const { unprocessed } = await evaluation;
  assert.is(Buffer.from(unprocessed.patch ?? '', 'base64').toString(), '[{"op":"replace","path":"/a","value":2}]');
});

evaluations('of a raw request the whole may be mutated', async () => {
  const { ports, thread } = stage();
  const evaluation = evaluateRequest(ports, policy, parseRawRequest(bytesOf('{"uid":"r","a":1}')), never);
  thread.finish(answer('{"accepted":true,"mutated_object":{"uid":"r"}}'));
  const { unprocessed } = await evaluation;
  assert.is(unprocessed.uid, 'r');
  assert.is(Buffer.from(unprocessed.patch ?? '', 'base64').toString(), '[{"op":"remove","path":"/a"}]');
});

evaluations('a guest that could not be brought up is a fault', async () => {
  const { ports, thread, events } = stage();
  const evaluation = evaluateRequest(ports, policy, request, never).then(undefined, (thrown: unknown) => thrown);
  thread.finish({ kind: 'start-failed', message: 'unreachable' });
  const thrown = await evaluation;
  assert.ok(isFault(thrown, 'POLICY_START_FAILED'));
  assert.is(thrown.message, "WebAssembly failure: cannot bring up an instance of policy 'p': Initialization failed: unreachable");
  assert.is(events.at(-1)?.kind, 'evaluated');
});

for (const outcome of [answer('{"accepted":true}'), { kind: 'failed', message: 'x' }, { kind: 'trapped', message: 'x' }] satisfies readonly Outcome[]) {
  evaluations(`an evaluation that ${outcome.kind} is reported`, async () => {
    const { ports, thread, events } = stage();
    const evaluation = evaluateRequest(ports, policy, request, never);
    thread.finish(outcome);
    await evaluation;
    const [event, ...more] = events;
    assert.ok(event?.kind === 'evaluated');
    assert.equal([event.policyId, event.operation, event.outcome, event.runMs, more.length], ['p', 'validate', outcome.kind, 1, 0]);
    assert.ok(event.waitMs >= 0);
  });
}

/** Makes a host call on behalf of a policy and returns what the guest gets. */
async function hostCall(changes: Partial<ReadyPolicy>, namespace: string, operation: string, payload: string) {
  const { ports, thread, events } = stage();
  const deadline = deadlineAfter(60_000);
  const outcome = runOperation(ports, { ...policy, ...changes }, { operation: 'validate', payload: bytesOf(''), deadline });
  thread.events.onMessage({ kind: 'host-called', job: thread.job, serial: 5, call: { binding: 'kubewarden', namespace, operation, payload: bytesOf(payload) } });
  while (thread.replies.length === 0) await new Promise((resolve) => setImmediate(resolve));
  thread.finish(answer(''));
  await outcome;
  const reply = thread.replies[0]?.answer;
  return { text: reply?.kind === 'answered' ? new TextDecoder().decode(reply.payload) : `refused: ${reply?.kind === 'refused' ? reply.message : ''}`, events, deadline };
}

evaluations("a host call is made with the policy's id, grants, resources and deadline", async () => {
  contexts.length = 0;
  const { text, deadline } = await hostCall({}, 'net', 'v1/dns_lookup_host', '{"host":"a"}');
  assert.is(text, '{"ips":["a"]}');
  const [context] = contexts;
  assert.equal([context?.policyId, context?.deadline, context?.contextAwareResources], ['p', deadline, policy.contextAwareResources]);
});

evaluations('a host call that was not granted is refused and reported', async () => {
  const { text, events } = await hostCall({ grants: denyAll }, 'net', 'v1/dns_lookup_host', '{"host":"a"}');
  assert.is(text, "refused: Policy has not been granted access to the 'net/v1/dns_lookup_host' host capability. The violation has been reported.");
  assert.equal(events[0], { kind: 'capability-denied', policyId: 'p', capability: 'net/v1/dns_lookup_host', granted: '[]' });
});

evaluations('a log line of the guest is an event', async () => {
  const { text, events } = await hostCall({ grants: denyAll }, 'tracing', 'log', '{"level":"info","message":"hello","a":1}');
  assert.is(text, '');
  assert.equal(events[0], { kind: 'guest-logged', policyId: 'p', source: 'tracing', level: 'info', message: 'hello', data: '{"a":1}' });
});

evaluations('what a guest writes is an event, within the budget of one evaluation', async () => {
  const { ports, thread, events } = stage();
  for (let round = 0; round < 2; round += 1) {
    events.length = 0;
    const outcome = runOperation(ports, policy, { operation: 'validate', payload: bytesOf(''), deadline: never });
    for (let line = 0; line < 1500; line += 1) thread.events.onMessage({ kind: 'wrote', job: thread.job, source: 'stderr', text: 'hello' });
    thread.finish(answer(''));
    await outcome;
    assert.equal(events[0], { kind: 'guest-logged', policyId: 'p', source: 'stderr', level: 'info', message: 'hello', data: '{}' });
    assert.is(events.filter(({ kind }) => kind === 'guest-logged').length, 1001);
  }
});

evaluations('log lines by host call count for the same budget', async () => {
  const { ports, thread, events } = stage();
  const outcome = runOperation(ports, policy, { operation: 'validate', payload: bytesOf(''), deadline: never });
  const call = { binding: 'kubewarden', namespace: 'tracing', operation: 'log', payload: bytesOf('{"level":"INFO","message":"hello"}') };
  for (let serial = 1; serial <= 1500; serial += 1) thread.events.onMessage({ kind: 'host-called', job: thread.job, serial, call });
  thread.finish(answer(''));
  await outcome;
  assert.is(events.filter(({ kind }) => kind === 'guest-logged').length, 1001);
});

evaluations.run();
