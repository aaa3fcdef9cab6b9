// What holds for every command: help, version, usage errors, colours, streams, exit codes.
import { spawn } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
import { resolve } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { Output } from '../../../integrations/cli/src/output.js';
import { createProgram, exitCodeOf } from '../../../integrations/cli/src/program.js';
import { Fault } from '../../../lib/fault.js';
import { callCli, fixturePath, Folder, reviewPath } from './cli-process.js';

const program = suite('cli/program');
const escape = '\u001b[';
const policy = fixturePath('pod-privileged');
const review = reviewPath('pod-allowed');

program('prints its version', async () => {
  const { code, stdout, stderr } = await callCli(['--version']);
  assert.is(code, 0);
  assert.match(stdout, /^wasmwarden \d+\.\d+\.\d+\n$/);
  assert.is(stderr, '');
});

for (const words of [[], ['--help'], ['-h'], ['help']]) {
  program(`prints help for '${words.join(' ')}', with every command and an example`, async () => {
    const { code, stdout, stderr } = await callCli(words);
    assert.is(code, 0);
    assert.is(stderr, '');
    for (const word of ['Usage: wasmwarden', 'run', 'inspect', 'annotate', '--verbose', '--no-color', 'Examples:']) assert.match(stdout, word);
  });
}

program('prints help for every command, with an example', async () => {
  for (const command of commandNames()) {
    const { code, stdout } = await callCli([command, '--help']);
    assert.is(code, 0, command);
    assert.match(stdout, `Usage: wasmwarden ${command}`);
    assert.match(stdout, 'Examples:', command);
  }
});

const usageErrors: Readonly<Record<string, readonly [words: readonly string[], says: string]>> = {
  'an unknown command': [['rnu'], "unknown command 'rnu' (Did you mean run?)"],
  'an unknown option': [['run', policy, '--reqest-path', review], "unknown option '--reqest-path' (Did you mean --request-path?)"],
  'an unknown option of the program': [['--verbos'], "unknown option '--verbos' (Did you mean --verbose?)"],
  'a missing argument': [['run', '-r', review], "missing required argument 'policy'"],
  'a missing option': [['run', policy], "required option '-r, --request-path <file>' not specified"],
  'an option without its value': [['run', policy, '-r'], "option '-r, --request-path <file>' argument missing"],
  'two sources of settings': [['run', policy, '-r', review, '-s', 'a', '--settings-json', '{}'], "option '-s, --settings-path <file>' cannot be used with option '--settings-json <json>'"],
  'a mode that does not exist': [['run', policy, '-r', review, '-e', 'wapc'], "argument 'wapc' is invalid. Allowed choices are kubewarden-wapc, kubewarden, opa, gatekeeper, wasi."],
  'a timeout that is no duration': [['run', policy, '-r', review, '--timeout', 'soon'], "Expected a duration such as 500ms, 10s or 2m, or 'none'."],
  'an argument too many': [['inspect', policy, policy], 'too many arguments'],
  'a format that does not exist': [['inspect', policy, '-o', 'xml'], "argument 'xml' is invalid. Allowed choices are json, yaml."],
  'annotating without an output': [['annotate', policy, '-m', 'metadata.yml'], "required option '-o, --output-path <file>' not specified"],
};
for (const [title, [words, says]] of Object.entries(usageErrors)) {
  program(`exits with 2 and one sentence for ${title}`, async () => {
    const { code, stdout, stderr } = await callCli(words);
    assert.is(code, 2);
    assert.is(stdout, '');
    assert.match(stderr, says);
    assert.match(stderr, /^Error: [^\n]+\n$/);
  });
}

const colours: Readonly<Record<string, readonly [env: Readonly<Record<string, string>>, words: readonly string[], painted: boolean]>> = {
  'does not paint what is no terminal': [{}, [], false],
  'paints when FORCE_COLOR asks for it': [{ FORCE_COLOR: '1' }, [], true],
  'does not paint when FORCE_COLOR is 0': [{ FORCE_COLOR: '0' }, [], false],
  'does not paint when NO_COLOR is set': [{ NO_COLOR: '1' }, [], false],
  'obeys FORCE_COLOR before NO_COLOR, as Node does': [{ FORCE_COLOR: '1', NO_COLOR: '1' }, [], true],
  'obeys --no-color before FORCE_COLOR': [{ FORCE_COLOR: '1' }, ['--no-color'], false],
};
for (const [title, [env, words, painted]] of Object.entries(colours)) {
  program(title, async () => {
    const result = await callCli(['inspect', policy, ...words], { env });
    assert.is(result.code, 0);
    assert.is(result.stdout.includes(escape), painted);
    const failure = await callCli([...words, 'inspect', 'missing'], { env });
    assert.is(failure.stderr.includes(escape), painted);
    const help = await callCli([...words, 'run', '--help'], { env });
    assert.is(help.stdout.includes(escape), painted);
  });
}

program('takes the options of the program before and behind the command', async () => {
  for (const words of [['-v', 'run', policy, '-r', review], ['run', policy, '-r', review, '--verbose']]) {
    const { code, stdout, stderr } = await callCli(words);
    assert.is(code, 0);
    assert.match(stderr, /DEBUG policy-from-cli: validate answered after/);
    assert.is(stdout.split('\n').length, 2);
  }
});

program('ends quietly when the reader of its results goes away', async () => {
  const child = spawn(process.execPath, ['--conditions=@wasmwarden/source', resolve('build/integrations/cli/src/main.js'), 'inspect', policy], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  let stderr = '';
  child.stderr.on('data', (chunk: Uint8Array) => (stderr += Buffer.from(chunk).toString()));
  const code = await new Promise((settle) => child.on('close', settle));
  assert.is(stderr, '');
  assert.is(code, 0);
});

program('judges what is left when the reader of its results goes away: the exit code still counts', async () => {
  const folder = new Folder();
  const manifest = (name: string, fixture: string): string => `apiVersion: policies.kubewarden.io/v1\nkind: AdmissionPolicy\nmetadata: {name: ${name}}\nspec: {module: ${fixturePath(fixture)}}\n`;
  const path = folder.file('policies.yaml', `${manifest('accepts', 'adversarial/accept')}---\n${manifest('loops', 'adversarial/infinite-loop')}`);
  const words = ['run', path, '-r', review, '--timeout', '1s', '--fail-on-deny'];
  const child = spawn(process.execPath, ['--conditions=@wasmwarden/source', resolve('build/integrations/cli/src/main.js'), ...words], { stdio: ['ignore', 'pipe', 'ignore'] });
  child.stdout.destroy();
  assert.is(await new Promise((settle) => child.on('close', settle)), 1);
  folder.remove();
});

if (existsSync('/dev/full')) {
  program('fails with one sentence when its results cannot be written', async () => {
    const child = spawn(process.execPath, ['--conditions=@wasmwarden/source', resolve('build/integrations/cli/src/main.js'), 'inspect', policy], { stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'] });
    let stderr = '';
    child.stderr?.on('data', (chunk: Uint8Array) => (stderr += Buffer.from(chunk).toString()));
    const code = await new Promise((settle) => child.on('close', settle));
    assert.is(stderr, 'Error: Cannot write the result: no space is left on the device.\n');
    assert.is(code, 1);
  });
}

program('calls a bug a bug: exit code 70, and the stack only for those who ask', () => {
  const written: string[] = [];
  const output = new Output({ stdout: { write: () => true }, stderr: { write: (text) => written.push(text) }, env: {} });
  assert.is(exitCodeOf(new Error('the sky fell'), output), 70);
  assert.is(written.at(-1), 'Error: wasmwarden failed by a fault of its own: the sky fell. Please report it, with what --verbose adds to this message.\n');
  output.configure({ verbose: true });
  assert.is(exitCodeOf(new Error('the sky fell'), output), 70);
  assert.match(written.join(''), /\n +at /);
  assert.is(exitCodeOf(new Fault('FILE_UNREADABLE', 'Cannot read.'), output), 1);
  assert.is(written.at(-1), 'Error: Cannot read.\n');
});

function commandNames(): readonly string[] {
  const output = new Output({ stdout: { write: () => true }, stderr: { write: () => true }, env: {} });
  const session = { version: '0.0.0', output, stdin: process.stdin, stdinIsTerminal: false, environment: {}, exitCode: 0 };
  return createProgram(session).commands.map((command) => command.name());
}

program.run();
