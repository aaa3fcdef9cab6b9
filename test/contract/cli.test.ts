import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { callCli } from '../integrations/cli/cli-process.js';
import { moduleUrl } from '../support/policy-server/modules.js';
import { scratchFolder } from '../support/scratch.js';

import { bodyOf, contractCases, policyIdOf, settingsCases, type ContractCase } from './cases.js';
import { assertProblem, assertResponse } from './expectation.js';

// The second door: `wasmwarden run`. Rows with one request go through one call, as one manifest. The command has no audits,
// and takes capabilities from its own options, so that rows about those two are not for it.
const cli = suite('contract/cli');
const folder = scratchFolder();

const rows = contractCases.map((row, index) => ({ row, id: policyIdOf(index) })).filter(({ row }) => row.asked !== 'audit');
const manifestRows = rows.filter(({ row }) => row.asked !== 'validate_raw');
const rawRows = rows.filter(({ row }) => row.asked === 'validate_raw' && row.policy?.allowedToMutate !== false);

/** The custom resource of a row's policy. */
function manifest({ row, id }: { readonly row: ContractCase; readonly id: string }): string {
  const { policyMode, allowedToMutate, message, settings, timeoutEvalSeconds } = row.policy ?? {};
  const spec = { module: moduleUrl(row.fixture), mode: policyMode, mutating: allowedToMutate ?? false, message, settings: settings ?? {}, timeoutEvalSeconds };
  return JSON.stringify({ apiVersion: 'policies.kubewarden.io/v1', kind: 'ClusterAdmissionPolicy', metadata: { name: id }, spec });
}

/** Answers by policy id, from one call per request. */
const answers = new Map<string, string>();

cli.before(async () => {
  const bodies = [...new Set(manifestRows.map(({ row }) => bodyOf(row)))];
  for (const [index, body] of bodies.entries()) {
    const group = manifestRows.filter(({ row }) => bodyOf(row) === body);
    const path = join(folder, `${index}.yml`);
    writeFileSync(path, group.map(manifest).join('\n---\n'));
    const { code, stdout, stderr } = await callCli(['run', path, '-r', '-'], { stdin: body });
    assert.is(code, 0, stderr);
    const lines = stdout.trimEnd().split('\n');
    assert.is(lines.length, group.length);
    for (const [place, { id }] of group.entries()) answers.set(id, lines[place] ?? '');
  }
});

for (const { row, id } of manifestRows) cli(row.title, () => assertResponse(answers.get(id) ?? '', row));

for (const { row } of rawRows) {
  cli(row.title, async () => {
    const { request } = JSON.parse(bodyOf(row)) as { request: unknown };
    const path = moduleUrl(row.fixture);
    const grants = row.policy?.hostCapabilities ?? [];
    const words = ['run', path, '--raw', '-r', '-', '--settings-json', JSON.stringify(row.policy?.settings ?? {}), '--allowed-host-capabilities', ...grants];
    const { code, stdout, stderr } = await callCli(words, { stdin: JSON.stringify(request) });
    assert.is(code, 0, stderr);
    assertResponse(stdout.trimEnd(), row);
  });
}

for (const row of settingsCases) {
  cli(row.title, async () => {
    const words = ['run', moduleUrl(row.fixture), '-r', '-', '--settings-json', JSON.stringify(row.settings ?? {}), '--timeout', '1s'];
    const { code, stderr } = await callCli(words, { stdin: bodyOf(contractCases[0] as ContractCase) });
    assert.is(code === 0, row.problem === undefined, stderr);
    assertProblem(/Provided settings are not valid: ([^\n]*)/.exec(stderr)?.[1], row);
  });
}

cli.run();
