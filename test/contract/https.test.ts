import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { startedServer, type StartedServer } from '../support/policy-server/in-process.js';
import { moduleUrl } from '../support/policy-server/modules.js';
import { review } from '../support/policy-server/reviews.js';

import { bodyOf, contractCases, policyIdOf, settingsCases } from './cases.js';
import { assertProblem, assertResponse } from './expectation.js';

// The third door: the policy-server over HTTPS, by both protocols in turn.
const https = suite('contract/https');

let started: StartedServer;
https.before(async () => {
  const cases = contractCases.map(({ fixture, policy }, index) => [policyIdOf(index), { module: moduleUrl(fixture), ...policy }]);
  const settings = settingsCases.map(({ fixture, settings = {} }, index) => [`settings-${index}`, { module: moduleUrl(fixture), settings, timeoutEvalSeconds: 1 }]);
  started = await startedServer({ policies: Object.fromEntries([...cases, ...settings]) as Record<string, unknown>, flags: { 'continue-on-errors': 'true' } });
});
https.after(() => started[Symbol.asyncDispose]());

const reviewEnvelope = ['{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","response":', '}'] as const;
const rawEnvelope = ['{"response":', '}'] as const;

/** The response inside its envelope, byte for byte. */
function unwrapped(text: string, [head, tail]: typeof reviewEnvelope | typeof rawEnvelope): string {
  assert.is(text.slice(0, head.length), head);
  assert.is(text.slice(-tail.length), tail);
  return text.slice(head.length, -tail.length);
}

for (const [index, row] of contractCases.entries()) {
  https(row.title, async () => {
    const { asked = 'validate' } = row;
    const client = index % 2 === 0 ? started.http1 : started.http2;
    const { status, text } = await client.send({ path: `/${asked}/${policyIdOf(index)}`, body: bodyOf(row) });
    assert.is(status, 200, text);
    assertResponse(unwrapped(text, asked === 'validate_raw' ? rawEnvelope : reviewEnvelope), row);
  });
}

for (const [index, row] of settingsCases.entries()) {
  https(row.title, async () => {
    const { text } = await started.http2.send({ path: `/validate/settings-${index}`, body: review() });
    const { response } = JSON.parse(text) as { response: { allowed: boolean; status?: { message: string; code?: number } } };
    const isRefused = row.problem !== undefined;
    assert.is(response.status?.code === 500 && !response.allowed, isRefused, text);
    assertProblem(isRefused ? response.status?.message.replace(/^Policy settings are invalid: /, '') : undefined, row);
  });
}

https.run();
