// How much one evaluation may write.
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { maxChars, OutputBudget } from '../../../../lib/runtime/bridge/output-budget.js';

const budgets = suite('runtime/bridge/output-budget');

const maxLines = 1000;

budgets('as many lines as allowed are within, the next is the first beyond, then all are beyond', () => {
  const budget = new OutputBudget(maxLines);
  for (let line = 0; line < maxLines; line += 1) assert.is(budget.spend(1), 'within');
  assert.is(budget.spend(1), 'first-beyond');
  assert.is(budget.spend(0), 'beyond');
});

budgets('as many characters as allowed are within, whatever the number of lines', () => {
  const budget = new OutputBudget(maxLines);
  assert.is(budget.spend(maxChars), 'within');
  assert.is(budget.spend(0), 'within');
  assert.is(budget.spend(1), 'first-beyond');
  assert.is(budget.spend(0), 'beyond');
});

budgets('one line can be too much', () => assert.is(new OutputBudget(maxLines).spend(maxChars + 1), 'first-beyond'));

budgets('what one side passes on up to the first beyond makes the other side reach the same', () => {
  const worker = new OutputBudget(maxLines);
  const pool = new OutputBudget(maxLines);
  const seen = [];
  for (let line = 0; line < maxLines * 2; line += 1) if (worker.spend(10) !== 'beyond') seen.push(pool.spend(10));
  assert.is(seen.length, maxLines + 1);
  assert.is(seen.at(-1), 'first-beyond');
});

budgets.run();
