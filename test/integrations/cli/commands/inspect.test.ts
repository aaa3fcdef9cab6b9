// `inspect`: the tables, and the metadata for other programs.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';

import { callCli, fixturePath, Folder } from '../cli-process.js';

const inspect = suite('cli/commands/inspect');
const folder = new Folder();
inspect.after(() => folder.remove());

const policy = fixturePath('namespace-label');

inspect('shows details, rules, resources and the module as tables', async () => {
  const { code, stdout, stderr } = await callCli(['inspect', policy]);
  assert.is(code, 0);
  assert.is(stderr, '');
  const titles = stdout.split('\n').filter((line) => /^\w/.test(line));
  assert.equal(titles, ['Details', 'Rules', 'Context aware', 'Module']);
  for (const line of [
    '  Title              namespace-label',
    '  Context aware      yes',
    '  Execution mode     kubewarden-wapc',
    '  Protocol version   1',
    '  Host capabilities  kubernetes/get_resource',
    '      - CREATE',
    '    kind: Namespace',
    '  Kind             waPC guest',
    '  Instances        resettable: one serves many requests',
  ]) {
    assert.ok(stdout.split('\n').includes(line), line);
  }
  assert.match(stdout, /^ {2}Size +\d+ bytes$/m);
  assert.match(stdout, /^ {2}Digest +sha256:[0-9a-f]{64}$/m);
  assert.match(stdout, /^ {2}File +file:\/\/\/.*namespace-label\.wasm$/m);
  assert.match(stdout, /^ {2}Imports of wapc +__[\s\S]* __host_call,/m);
});

inspect('prints the metadata alone, as JSON and as YAML, the same in both', async () => {
  const json = await callCli(['inspect', policy, '--output', 'json']);
  const yaml = await callCli(['inspect', policy, '-o', 'yaml']);
  const metadata = JSON.parse(json.stdout) as Readonly<Record<string, unknown>>;
  assert.equal(parse(yaml.stdout), metadata);
  assert.is(metadata['protocolVersion'], 'v1');
  assert.equal(metadata['contextAwareResources'], [{ apiVersion: 'v1', kind: 'Namespace' }]);
  assert.equal(Object.keys(metadata).slice(0, 4), ['protocolVersion', 'rules', 'annotations', 'mutating']);
});

inspect('says in the words of the reference that there is no metadata', async () => {
  const path = fixturePath('adversarial/accept');
  const { code, stdout, stderr } = await callCli(['inspect', path]);
  assert.is(code, 1);
  assert.is(stdout, '');
  assert.is(stderr, `Error: No Kubewarden metadata found inside of 'file://${path}'.\nPolicies can be annotated with the \`kwctl annotate\` command.\n`);
});

const reuses: Readonly<Record<string, readonly [row: RegExp, reuse: unknown]>> = {
  'namespace-label': [/^ {2}Instances +resettable: one serves many requests$/m, { kind: 'resettable' }],
  'adversarial/state-in-table': [/^ {2}Instances +a new one for each request: it grows a table \(table\.grow in[\s]+function 15\)$/m, { kind: 'fresh-only', reasons: ['it grows a table (table.grow in function 15)'], isInterruptible: true }],
  'adversarial/threads-shared-memory': [/^ {2}Instances +none: cannot use the Wasm module: its memory is shared between\s+threads$/m, { kind: 'refused', message: 'cannot use the Wasm module: its memory is shared between threads' }],
};
for (const [name, [row, reuse]] of Object.entries(reuses)) {
  inspect(`says of ${name}, with metadata or without, whether its instances can be reset`, async () => {
    const { code, stdout } = await callCli(['inspect', fixturePath(name), '--module']);
    assert.is(code, 0);
    assert.match(stdout, row);
    const document = JSON.parse((await callCli(['inspect', fixturePath(name), '--module', '-o', 'json'])).stdout) as Readonly<Record<string, unknown>>;
    assert.equal(document['reuse'], reuse);
    assert.equal(Object.keys(document), ['uri', 'sizeBytes', 'digest', 'module', 'reuse']);
  });
}

inspect('shows the usage and further annotations, harmlessly', async () => {
  const annotated = `${folder.path}/annotated.wasm`;
  const metadata = folder.file('metadata.yml', 'rules: [{apiGroups: [""], apiVersions: [v1], resources: [pods], operations: [CREATE]}]\nmutating: false\nannotations: {x.example/note: "wipe \\u001b[2J", io.kubewarden.policy.title: t}\n');
  const usage = folder.file('usage.md', '# How to use it\n\nGently.\n');
  assert.is((await callCli(['annotate', policy, '-m', metadata, '-o', annotated, '-u', usage])).code, 0);
  const { stdout } = await callCli(['inspect', annotated]);
  assert.match(stdout, '\nUsage\n  # How to use it\n\n  Gently.\n');
  assert.match(stdout, /^ {2}x\.example\/note +wipe \\u001b\[2J$/m);
  assert.match(stdout, /^ {2}io\.kubewarden\.kwctl +\d+\.\d+\.\d+$/m);
  assert.match(stdout, 'The policy does not read Kubernetes resources at evaluation time.');
});

inspect('prints metadata that steers no terminal, and is the same to other programs', async () => {
  const annotated = `${folder.path}/steering.wasm`;
  const metadata = folder.file('steering.yml', 'rules: []\nmutating: false\nannotations: {note: "csi \\u009b2J", other: "one\\u2028two\\nthree"}\n');
  assert.is((await callCli(['annotate', policy, '-m', metadata, '-o', annotated])).code, 0);
  const readers: readonly (readonly [format: string, read: (text: string) => unknown])[] = [['json', JSON.parse], ['yaml', (text): unknown => parse(text) as unknown]];
  for (const [format, read] of readers) {
    const { stdout } = await callCli(['inspect', annotated, '-o', format]);
    assert.not.match(stdout, /[\u009b\u2028]/);
    const { annotations } = read(stdout) as { readonly annotations: Readonly<Record<string, string>> };
    assert.equal([annotations['note'], annotations['other']], ['csi \u009b2J', 'one\u2028two\nthree']);
  }
});

inspect.run();
