import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { backOffMs } from '../../../lib/kubernetes/back-off.js';

const backOffs = suite('kubernetes/back-off');

const policy = { firstMs: 100, maxMs: 1000 };

const cases: readonly [title: string, failures: number, chance: number, expected: number][] = [
  ['half of the first wait is fixed', 1, 0, 50],
  ['the other half is by chance', 1, 0.999999, 100],
  ['waits double', 3, 0, 200],
  ['up to the limit', 5, 0.999999, 1000],
  ['which a thousand failures do not pass', 1000, 0.999999, 1000],
];

for (const [title, failures, chance, expected] of cases) backOffs(title, () => assert.is(backOffMs(policy, failures, chance), expected));

backOffs.run();
