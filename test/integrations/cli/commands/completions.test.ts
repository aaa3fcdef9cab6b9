// `completions`: every command and option in every shell, scripts that the shells accept, and completions that work.
import { spawnSync } from 'node:child_process';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { allCommands, commandTree } from '../../../../integrations/cli/src/completions/command-tree.js';
import { Output } from '../../../../integrations/cli/src/output.js';
import { createProgram } from '../../../../integrations/cli/src/program.js';
import { callCli, Folder } from '../cli-process.js';

const completions = suite('cli/commands/completions');
const folder = new Folder();
completions.after(() => folder.remove());

const output = new Output({ stdout: { write: () => true }, stderr: { write: () => true }, env: {} });
const tree = commandTree(createProgram({ version: '', output, stdin: process.stdin, stdinIsTerminal: false, exitCode: 0, environment: {} }));
const isThere = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).status === 0;

async function script(shell: string): Promise<string> {
  const { code, stdout, stderr } = await callCli(['completions', '-s', shell]);
  assert.is(code, 0, stderr);
  return stdout;
}

completions('knows the whole tree', () => {
  const paths = allCommands(tree).map(({ path }) => path.join(' '));
  for (const path of ['wasmwarden', 'wasmwarden run', 'wasmwarden scaffold admission-request', 'wasmwarden completions']) assert.ok(paths.includes(path), path);
  const run = allCommands(tree).find(({ path }) => path.join(' ') === 'wasmwarden run');
  const value = (name: string): unknown => run?.options.find(({ names }) => names.includes(name))?.value;
  assert.equal(value('--request-path'), { kind: 'file' });
  assert.equal(value('--raw'), { kind: 'none' });
  assert.equal(value('--settings-json'), { kind: 'text' });
  assert.equal(value('-e'), { kind: 'words', words: ['kubewarden-wapc', 'kubewarden', 'opa', 'gatekeeper', 'wasi'] });
  assert.ok(value('--verbose') !== undefined, 'the options of the program hold everywhere');
  assert.is(value('--version'), undefined);
  assert.is(value('--disable-wasmtime-cache'), undefined, 'what is hidden is not offered');
});

for (const shell of ['bash', 'zsh', 'fish', 'powershell', 'elvish']) {
  completions(`names every command and option in the script for ${shell}`, async () => {
    const text = await script(shell);
    for (const { path, options } of allCommands(tree)) {
      assert.match(text, path.at(-1) ?? '');
      for (const name of options.flatMap(({ names }) => names)) {
        const spelled = shell === 'fish' ? (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`) : name;
        assert.match(text, spelled, `${path.join(' ')} ${name}`);
      }
    }
  });
}

for (const shell of ['bash', 'zsh', 'fish']) {
  if (isThere(shell)) {
    completions(`writes a script that ${shell} can parse`, async () => {
      const path = folder.file(`script.${shell}`, await script(shell));
      const { status, stderr } = spawnSync(shell, ['-n', path], { encoding: 'utf8' });
      assert.is(status, 0, stderr);
    });
  } else {
    console.log(`skipped: there is no ${shell} to parse its script`);
  }
}

if (isThere('bash')) {
  /** What bash offers for the last of these words. */
  const offered = async (...words: readonly string[]): Promise<readonly string[]> => {
    const path = folder.file('complete.bash', `${await script('bash')}\nCOMP_WORDS=("$@")\nCOMP_CWORD=$(($# - 1))\n_wasmwarden\nprintf '%s\\n' "\${COMPREPLY[@]}"\n`);
    const { stdout, stderr } = spawnSync('bash', [path, ...words], { encoding: 'utf8' });
    assert.is(stderr, '');
    return stdout.split('\n').filter((line) => line !== '');
  };

  completions('completes commands, options and values in bash', async () => {
    assert.equal(await offered('wasmwarden', ''), tree.commands.map(({ path }) => path.at(-1)));
    assert.equal(await offered('wasmwarden', 'ins'), ['inspect']);
    assert.equal(await offered('wasmwarden', 'run', '--allow'), ['--allow-context-aware', '--allowed-host-capabilities']);
    assert.equal(await offered('wasmwarden', '-v', 'run', '-e', 'k'), ['kubewarden-wapc', 'kubewarden']);
    assert.equal(await offered('wasmwarden', 'scaffold', ''), ['admission-request']);
    assert.equal(await offered('wasmwarden', 'scaffold', 'admission-request', '--operation', ''), ['CREATE', 'UPDATE', 'DELETE']);
    assert.equal(await offered('wasmwarden', 'run', '-r', '--'), [], 'a value is expected, which bash takes for a file');
  });
}

if (isThere('fish')) {
  completions('completes commands, options and values in fish', async () => {
    const path = folder.file('complete.fish', `${await script('fish')}\ncomplete -C $argv[1]\n`);
    const offered = (line: string): readonly string[] => spawnSync('fish', [path, line], { encoding: 'utf8' }).stdout.split('\n').map((entry) => entry.split('\t')[0] ?? '').filter((word) => word !== '');
    assert.equal(offered('wasmwarden ins'), ['inspect']);
    assert.equal(offered('wasmwarden run --fail'), ['--fail-on-deny']);
    assert.equal(offered('wasmwarden inspect -o '), ['json', 'yaml']);
  });
}

completions('refuses a shell it does not know', async () => {
  const { code, stderr } = await callCli(['completions', '-s', 'tcsh']);
  assert.is(code, 2);
  assert.match(stderr, "argument 'tcsh' is invalid. Allowed choices are bash, elvish, fish, powershell, zsh.");
});

completions.run();
