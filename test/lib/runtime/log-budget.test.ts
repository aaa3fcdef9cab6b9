// What a policy makes the operator read in one evaluation.
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import type { RuntimeEvent } from '../../../lib/events.js';
import { withLogBudget } from '../../../lib/runtime/log-budget.js';

const budgets = suite('runtime/log-budget');

const maxLines = 1000;

const line = (message: string, data = '{}'): RuntimeEvent => ({ kind: 'guest-logged', policyId: 'p', source: 'tracing', level: 'info', message, data });
const denied: RuntimeEvent = { kind: 'capability-denied', policyId: 'p', capability: 'net/v1/dns_lookup_host', granted: '[]' };
const broken: RuntimeEvent = { kind: 'capability-failed', policyId: 'p', capability: 'oci/v1/verify', problem: 'x' };
const called: RuntimeEvent = { kind: 'capability-called', policyId: 'p', capability: 'oci/v1/verify', ok: true, durationMs: 1 };

function sink() {
  const passed: RuntimeEvent[] = [];
  return { passed, emit: withLogBudget('p', (event) => passed.push(event), maxLines) };
}

budgets('events pass as they are', () => {
  const { passed, emit } = sink();
  for (const event of [line('hello'), denied, broken, called]) emit(event);
  assert.equal(passed, [line('hello'), denied, broken, called]);
});

for (const [title, event] of [['log lines', line('hello')], ['denials', denied], ['failures', broken]] as const) {
  budgets(`of a flood of ${title} a bounded part passes, and a note that there were more`, () => {
    const { passed, emit } = sink();
    for (let count = 0; count < maxLines * 3; count += 1) emit(event);
    assert.is(passed.length, maxLines + 1);
    assert.equal(passed.at(-1), {
      kind: 'guest-logged', policyId: 'p', source: 'console', level: 'warn', data: '{}',
      message: 'the policy wrote or caused more than 1000 lines or 1048576 characters of log in one evaluation; the rest is dropped',
    });
  });
}

budgets('long lines count by their characters, data included', () => {
  const { passed, emit } = sink();
  for (let count = 0; count < 5; count += 1) emit(line('x'.repeat(200_000), 'y'.repeat(200_000)));
  assert.equal(passed.map((event) => (event.kind === 'guest-logged' ? event.level : event.kind)), ['info', 'info', 'warn']);
});

budgets('calls are counted by the metrics and never dropped', () => {
  const { passed, emit } = sink();
  for (let count = 0; count < maxLines * 2; count += 1) emit(called);
  assert.is(passed.length, maxLines * 2);
});

budgets.run();
