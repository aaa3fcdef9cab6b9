import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { parseCount, parseDuration, parseTimeout } from '../../../integrations/cli/src/option-values.js';

const values = suite('cli/option-values');

for (const [text, ms] of [['500ms', 500], ['10s', 10_000], ['2m', 120_000], ['3', 3000], ['1.5s', 1500], ['0.5', 500], ['0', 0], ['0s', 0]] as const) values(`reads ${text}`, () => assert.is(parseDuration(text), ms));

for (const text of ['', '-1s', '1h', 's', '1 s', '1e3', 'Infinity', '99999999m', 'none']) {
  values(`refuses '${text}'`, () => assert.throws(() => parseDuration(text), 'Expected a duration such as'));
}

values('knows a timeout that never comes', () => {
  assert.is(parseTimeout('none'), Number.POSITIVE_INFINITY);
  assert.is(parseTimeout('1s'), 1000);
  assert.throws(() => parseTimeout('0'), "or 'none'");
});

values('reads counts', () => {
  assert.is(parseCount('1'), 1);
  assert.is(parseCount('1000000'), 1_000_000);
  for (const text of ['', '0', '-1', '1.5', '1e3', 'many', '1000001']) assert.throws(() => parseCount(text), 'Expected a whole number from 1 to 1000000.');
});

values.run();
