import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { formatJson } from '../../../integrations/cli/src/json-text.js';

const json = suite('cli/json-text');

json('writes what JSON.stringify writes', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => assert.is(formatJson(value), JSON.stringify(value, undefined, 2))), { seed: 7, numRuns: 500 });
});

json('keeps the digits of large integers', () => {
  assert.is(formatJson({ n: [9007199254740993n, -1n] }), '{\n  "n": [\n    9007199254740993,\n    -1\n  ]\n}');
});

json('leaves out what is not there', () => assert.is(formatJson({ a: undefined, b: null }), '{\n  "b": null\n}'));

json.run();
