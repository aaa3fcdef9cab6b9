import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { isFault } from '../../../lib/fault.js';
import { admissionRequest } from '../../../lib/testing/admission-requests.js';
import { expectAccepted, expectMutated, expectRejected, expectUnchanged } from '../../../lib/testing/expectations.js';
import { openPolicy, type PolicyUnderTest } from '../../../lib/testing/policy-under-test.js';
import { fixtureBytes, reviewText } from '../../support/fixtures.js';

const kit = suite('testing/policy-under-test');

const pod = (extra: object = {}) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'shop', ...extra }, spec: { containers: [] } });
const forwarded = (capability: string, payload: unknown) => {
  const [namespace = '', ...operation] = capability.split('/');
  return { namespace, operation: operation.join('/'), payload };
};

async function withPolicy(opened: Promise<PolicyUnderTest>, use: (policy: PolicyUnderTest) => Promise<void>): Promise<void> {
  await using policy = await opened;
  await use(policy);
}

kit('judges reviews and requests, as objects and as bytes, alike', () =>
  withPolicy(openPolicy(fixtureBytes('pod-privileged')), async (policy) => {
    const text = reviewText('pod-privileged');
    const review = JSON.parse(text) as { request: object };
    for (const input of [new TextEncoder().encode(text), review, review.request]) expectRejected(await policy.validate(input), 'Privileged container is not allowed');
  }),
);

kit('asks with the settings of the call, or else with those of the policy', () =>
  withPolicy(openPolicy(fixtureBytes('add-label'), { settings: { label: 'team', value: 'a' } }), async (policy) => {
    const request = admissionRequest({ object: pod() });
    expectMutated(await policy.validate(request), pod({ labels: { team: 'a' } }));
    expectMutated(await policy.validate(request, { label: 'team', value: 'b' }), pod({ labels: { team: 'b' } }));
    expectUnchanged(await policy.validate(admissionRequest({ object: pod({ labels: { team: 'a' } }) })));
    assert.equal(await policy.validateSettings({ label: '', value: '' }).then(({ valid }) => valid), false);
  }),
);

kit('a host call without an answer in the script fails with a sentence', () =>
  withPolicy(openPolicy(fixtureBytes('host-call')), async (policy) => {
    await policy.validateRaw(forwarded('net/v1/dns_lookup_host', 'example.com'));
    const [call] = policy.hostCalls;
    assert.is(call?.capability, 'net/v1/dns_lookup_host');
    assert.is(call?.answer.kind, 'failed');
  }),
);

kit('a recording can be replayed, and a replay holds the policy to it', async () => {
  const script = { 'net/v1/dns_lookup_host': (host: unknown) => ({ ips: [host === 'a' ? '10.0.0.1' : '10.0.0.2'] }) };
  const recording = await openPolicy(fixtureBytes('host-call'), { hostCalls: script });
  await recording.validateRaw(forwarded('net/v1/dns_lookup_host', 'a'));
  await recording.close();
  assert.is(recording.hostCalls.length, 1);
  await withPolicy(openPolicy(fixtureBytes('host-call'), { hostCalls: recording.hostCalls }), async (policy) => {
    await policy.validateRaw(forwarded('net/v1/dns_lookup_host', 'a'));
    await policy.validateRaw(forwarded('net/v1/dns_lookup_host', 'a'));
    assert.equal(policy.hostCalls.map(({ answer }) => answer), [
      { kind: 'answered', value: { ips: ['10.0.0.1'] } },
      { kind: 'failed', message: 'the list of recorded responses is empty' },
    ]);
  });
  await withPolicy(openPolicy(fixtureBytes('host-call'), { hostCalls: recording.hostCalls }), async (policy) => {
    await policy.validateRaw(forwarded('net/v1/dns_lookup_host', 'b'));
    const [call] = policy.hostCalls;
    assert.match(call?.answer.kind === 'failed' ? call.answer.message : '', /^Replay error: unexpected request\. Was expecting .*"a", got .*"b" instead$/);
  });
});

kit('host capabilities that the test does not grant are refused before the script', () =>
  withPolicy(openPolicy(fixtureBytes('host-call'), { hostCapabilities: [], hostCalls: { 'net/v1/dns_lookup_host': () => ({ ips: [] }) } }), async (policy) => {
    await policy.validateRaw(forwarded('net/v1/dns_lookup_host', 'a'));
    assert.equal(policy.hostCalls, []);
  }),
);

kit('shows what the policy wrote', () =>
  withPolicy(openPolicy(fixtureBytes('logs')), async (policy) => {
    expectAccepted(await policy.validate(admissionRequest({ object: pod() })));
    assert.ok(policy.logs.length > 0);
  }),
);

kit('a module that cannot be loaded is told when the policy is opened', async () => {
  try {
    await openPolicy(new TextEncoder().encode('not wasm'));
    assert.unreachable('it was opened');
  } catch (thrown) {
    assert.ok(isFault(thrown, 'WASM_NOT_A_MODULE'), String(thrown));
  }
});

kit('a policy that loops is a rejection, not a hang', () =>
  withPolicy(openPolicy(fixtureBytes('adversarial/infinite-loop'), { timeoutMs: 200 }), async (policy) => {
    expectRejected(await policy.validate(admissionRequest({ object: pod() })), 'Policy execution interrupted because it exceeded the allowed execution time');
  }),
);

kit.run();
