import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { formatBlock, formatTable } from '../../../integrations/cli/src/tables.js';
import { createPalette } from '../../../integrations/cli/src/terminal-text.js';

const tables = suite('cli/tables');
const style = { palette: createPalette(false), columns: 30 };

tables('aligns values behind their names', () => {
  assert.is(formatTable('T', [['a', '1'], ['long', '2']], style), 'T\n  a     1\n  long  2\n');
});

tables('wraps values under themselves, at spaces only', () => {
  assert.is(formatTable('T', [['name', 'one two three four five six seven']], style), 'T\n  name  one two three four\n        five six seven\n');
  const word = 'sha256:0123456789012345678901234567890123456789';
  assert.is(formatTable('T', [['name', word]], style), `T\n  name  ${word}\n`);
  assert.is(formatTable('T', [['name', `${word} x ${word}`]], style), `T\n  name  ${word}\n        x\n        ${word}\n`);
});

tables('keeps the lines of a value and makes them harmless', () => {
  assert.is(formatTable('T', [['n', 'a\nb\u001b']], style), 'T\n  n  a\n     b\\u001b\n');
});

tables('shows no table without rows', () => assert.is(formatTable('T', [], style), ''));

tables('indents a block and leaves its lines alone', () => assert.is(formatBlock('T', 'a\n\n  b\n', style), 'T\n  a\n\n    b\n'));

tables.run();
