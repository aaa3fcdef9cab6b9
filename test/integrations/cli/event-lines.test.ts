import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { lineOfEvent } from '../../../integrations/cli/src/event-lines.js';
import { Output } from '../../../integrations/cli/src/output.js';
import type { RuntimeEvent } from '../../../lib/events.js';

const lines = suite('cli/event-lines');

const cases: readonly (readonly [event: RuntimeEvent, level: string, text: string])[] = [
  [{ kind: 'guest-logged', policyId: 'p', source: 'tracing', level: 'info', message: 'a\nb', data: '{}' }, 'info', String.raw`p: a\nb`],
  [{ kind: 'guest-logged', policyId: 'p', source: 'stdout', level: 'warn', message: 'm', data: '{"x":1}' }, 'warn', 'p: m {"x":1}'],
  [{ kind: 'capability-denied', policyId: 'p', capability: 'net/\u001bx', granted: '[oci/*]' }, 'warn', String.raw`p: the host capability 'net/\u001bx' was denied, granted are [oci/*]`],
  [{ kind: 'capability-failed', policyId: 'p', capability: 'net/x', problem: 'it broke' }, 'error', "p: the host capability 'net/x' failed: it broke"],
  [{ kind: 'capability-called', policyId: 'p', capability: 'net/x', ok: false, durationMs: 1.26 }, 'debug', "p: called 'net/x', refused after 1.3 ms"],
  [{ kind: 'policy-loaded', policyId: 'p', digest: 'abc', loadMs: 2 }, 'debug', 'p: loaded sha256:abc in 2.0 ms'],
  [{ kind: 'policy-refused', policyId: 'p', code: 'WASM_MALFORMED', message: 'm' }, 'debug', 'p: not loaded, WASM_MALFORMED'],
  [{ kind: 'evaluated', policyId: 'p', operation: 'validate', outcome: 'answered', waitMs: 1, runMs: 2 }, 'debug', 'p: validate answered after 2.0 ms (waited 1.0 ms)'],
  [{ kind: 'worker-started', workerId: 1, startMs: 30 }, 'debug', 'sandbox thread 1 is ready after 30.0 ms'],
  [{ kind: 'worker-stopped', workerId: 1, reason: 'it was told to' }, 'debug', 'sandbox thread 1 ended: it was told to'],
  [{ kind: 'worker-stuck', workerId: 1, waitedMs: 5000 }, 'warn', 'sandbox thread 1 was told to stop 5000.0 ms ago and still runs'],
];
for (const [event, level, text] of cases) lines(`tells of ${event.kind}: ${text}`, () => assert.equal(lineOfEvent(event), { level, text }));

lines('leaves out debugging unless asked for', () => {
  const written: string[] = [];
  const output = new Output({ stdout: { write: () => true }, stderr: { write: (text) => written.push(text) }, env: {} });
  const say = (): void => {
    for (const level of ['trace', 'debug', 'info', 'warn', 'error'] as const) output.log(level, level);
  };
  say();
  assert.equal(written.splice(0), [' INFO info\n', ' WARN warn\n', 'ERROR error\n']);
  output.configure({ verbose: true });
  say();
  assert.is(written.length, 5);
});

lines.run();
