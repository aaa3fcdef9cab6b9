import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { formatTerminationMessage } from '../../../../integrations/webhook-server/src/policies/termination-message.js';

const message = suite('webhook-server/policies/termination-message');
const bytes = (text: string): number => new TextEncoder().encode(text).byteLength;
const problems = (count: number, chars: number) => Array.from({ length: count }, (_, index) => ({ policyId: `clusterwide-policy-${index}`, message: 'ü'.repeat(chars) }));
interface Told {
  readonly policies: readonly { readonly policyId: string; readonly message: string }[];
  readonly omitted?: number;
}

message('names each policy and why', () => {
  const told = [{ policyId: 'a', message: 'Policy settings are invalid: no' }];
  assert.equal(JSON.parse(formatTerminationMessage(told)), { policies: told });
});

for (const [count, chars] of [[1, 10_000], [3, 2000], [20, 500], [100, 100], [5000, 10]] as const) {
  message(`${count} policies with ${chars} characters each stay valid JSON within 4096 bytes`, () => {
    const text = formatTerminationMessage(problems(count, chars));
    assert.ok(bytes(text) <= 4096, String(bytes(text)));
    const { policies, omitted = 0 } = JSON.parse(text) as Told;
    assert.is(policies.length + omitted, count, 'nothing is lost without a count');
    assert.ok(policies.length > 0);
  });
}

message.run();
