import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { parseDuration, parseTimeout } from '../../../integrations/cli/src/duration.js';

const duration = suite('cli/duration');

for (const [text, ms] of [['500ms', 500], ['10s', 10_000], ['2m', 120_000], ['3', 3000], ['1.5s', 1500], ['0.5', 500]] as const) duration(`reads ${text}`, () => assert.is(parseDuration(text), ms));

for (const text of ['', '0', '0s', '-1s', '1h', 's', '1 s', '1e3', 'Infinity', '99999999m', 'none']) {
  duration(`refuses '${text}'`, () => assert.throws(() => parseDuration(text), 'Expected a duration such as'));
}

duration('knows a timeout that never comes', () => {
  assert.is(parseTimeout('none'), Number.POSITIVE_INFINITY);
  assert.is(parseTimeout('1s'), 1000);
  assert.throws(() => parseTimeout('0'), "or 'none'");
});

duration.run();
