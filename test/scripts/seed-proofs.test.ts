import { spawnSync } from 'node:child_process';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const proofs = suite('scripts/seed-proofs');

interface Row {
  readonly number: number;
  readonly proofs: readonly { readonly file: string; readonly title: string }[];
}

/** What the module says, asked in a process of its own. */
function ask(expression: string): unknown {
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', `import { seedProblems, seedRows } from './scripts/seed-proofs.mjs'; console.log(JSON.stringify(${expression}));`], { encoding: 'utf8' });
  assert.is(status, 0, stderr);
  return JSON.parse(stdout);
}

const rows = ask('seedRows()') as readonly Row[];

proofs('every statement of the seed is a row', () => {
  assert.equal(rows.map(({ number }) => number), Array.from({ length: 55 }, (_, index) => index + 1));
});

proofs('a title that holds backticks is read whole', () => {
  const row = rows.find(({ number }) => number === 51);
  assert.equal(row?.proofs, [{ file: 'test/cluster/controller/policies.test.ts', title: 'a policy that names no PolicyServer is bound to `default`' }]);
});

proofs('a statement whose test failed is a problem', () => {
  assert.equal(ask("seedProblems(new Map([['test/cluster/controller/policies.test.ts', false]])).filter((problem) => problem.includes('row 51'))"), ['docs/seed.md row 51 rests on test/cluster/controller/policies.test.ts, which failed']);
});

proofs.run();
