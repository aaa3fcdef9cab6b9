// Reads what the test processes and their threads left in coverage/tmp and holds the folders to their marks: 95 % of lines and
// 90 % of branches overall, 95 % of lines in the byte and meaning layers alone. Called by run-tests.mjs --coverage.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const top = fileURLToPath(new URL('..', import.meta.url));
const c8 = join(dirname(createRequire(import.meta.url).resolve('c8/package.json')), 'bin/c8.js');

/** Where the processes write, through NODE_V8_COVERAGE. */
export const coverageFolder = join(top, 'coverage/tmp');

const marks = [
  { title: 'library, command and policy-server', include: ['lib/**/*.ts', 'integrations/{cli,webhook-server}/src/**/*.ts'], lines: 95, branches: 90, reporter: 'text' },
  // Their loops and writers run in the cluster tests, in Pods that nobody counts.
  { title: 'controller and audit scanner without their cluster tests', include: ['integrations/{k8s-controller,audit}/src/**/*.ts'], lines: 90, branches: 85, reporter: 'text-summary' },
  { title: 'lib/wasm, lib/wapc, lib/policy and lib/json', include: ['lib/{wasm,wapc,policy,json}/**/*.ts'], lines: 95, branches: 90, reporter: 'text-summary' },
];

/** Prints the reports; true when every mark is reached. */
export function reportCoverage() {
  return marks
    .map(({ title, include, lines, branches, reporter }) => {
      console.log(`\nCoverage of ${title}:`);
      const options = ['report', '--temp-directory', coverageFolder, '--all', '--exclude-after-remap', '--exclude', '**/*.d.ts', ...include.flatMap((pattern) => ['--include', pattern])];
      const wanted = ['--check-coverage', '--lines', String(lines), '--branches', String(branches), '--functions', '0', '--statements', '0'];
      return spawnSync(process.execPath, [c8, ...options, '--reporter', reporter, ...wanted], { cwd: top, stdio: 'inherit' }).status === 0;
    })
    .every((reached) => reached);
}
