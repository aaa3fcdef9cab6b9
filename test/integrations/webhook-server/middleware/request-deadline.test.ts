import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { goDurationMs, maxRequestMs, requestDeadline } from '../../../../integrations/webhook-server/src/middleware/request-deadline.js';

const deadline = suite('webhook-server/middleware/request-deadline');

const durations: readonly (readonly [string, number | undefined])[] = [
  ['10s', 10_000], ['1m30s', 90_000], ['1.5s', 1500], ['250ms', 250], ['1h', 3_600_000], ['2h45m', 9_900_000], ['500us', 0.5], ['500µs', 0.5], ['100ns', 0.0001],
  ['', undefined], ['10', undefined], ['s', undefined], ['-1s', undefined], ['1 s', undefined], ['1d', undefined], ['1s;', undefined], ['9'.repeat(400) + 's', Infinity],
];
for (const [text, expected] of durations) {
  deadline(`reads the Go duration '${text.slice(0, 12)}'`, () => {
    const read = goDurationMs(text);
    assert.ok(read === expected || Math.abs((read ?? NaN) - (expected ?? NaN)) < 1e-9, String(read));
  });
}

const arrivalMs = 5000;
const cases: readonly (readonly [string, string | undefined, number])[] = [
  ['the server has a maximum of its own', undefined, maxRequestMs],
  ['the API server is not kept waiting: the answer needs its own time', '10s', 9900],
  ['a short timeout is not eaten up by the margin', '100ms', 50],
  ['a longer timeout than Kubernetes allows is capped', '60s', maxRequestMs],
  ['what cannot be read counts as absent', 'soon', maxRequestMs],
  ['a timeout of nothing has passed at once', '0s', 0],
];
for (const [title, timeout, expectedMs] of cases) deadline(title, () => assert.is(Number(requestDeadline(timeout, arrivalMs)), arrivalMs + expectedMs));

deadline.run();
