import { readFileSync } from 'node:fs';

import { CommanderError } from 'commander';
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { optionReference, parseCommandLine } from '../../../integrations/webhook-server/src/command-line.js';
import { serverOptions } from '../../../integrations/webhook-server/src/options.js';

const line = suite('webhook-server/command-line');

const flagsOf = async (...words: readonly string[]): Promise<Readonly<Record<string, string>>> => {
  const invocation = await parseCommandLine(words, '1.2.3');
  assert.is(invocation.kind, 'serve');
  return invocation.kind === 'serve' ? invocation.flags : {};
};

line('flags come as texts by their names', async () => {
  assert.equal(await flagsOf('--port', '8443', '--addr=::', '--client-ca-file', 'a,b'), { 'port': '8443', 'addr': '::', 'client-ca-file': 'a,b' });
});

line('a switch may stand alone or be given a value', async () => {
  assert.equal(await flagsOf('--daemon'), { daemon: 'true' });
  assert.equal(await flagsOf('--daemon=true', '--enable-pprof=false'), { 'daemon': 'true', 'enable-pprof': 'false' });
  assert.equal(await flagsOf('--log-no-color', '--port', '1'), { 'log-no-color': 'true', 'port': '1' });
});

line('every option of the table is a flag', async () => {
  for (const { flag, kind } of serverOptions) assert.equal(await flagsOf(kind === 'switch' ? `--${flag}` : `--${flag}=x`), { [flag]: kind === 'switch' ? 'true' : 'x' });
});

line('docs wants a file to write', async () => {
  assert.equal(await parseCommandLine(['docs', '--output', 'x.md'], '1'), { kind: 'docs', outputPath: 'x.md' });
});

line('what it does not know is a usage error', async () => {
  for (const words of [['--nonsense'], ['--port'], ['word'], ['docs']]) {
    const thrown: unknown = await parseCommandLine(words, '1').then(
      () => undefined,
      (error: unknown) => error,
    );
    assert.ok(thrown instanceof CommanderError, words.join(' '));
    assert.is.not(thrown.exitCode, 0);
  }
});

line('the reference of the options in docs/ is what `policy-server docs` writes', () => {
  assert.is(readFileSync('docs/policy-server-options.md', 'utf8'), optionReference(), 'run `npm run docs:server`');
});

line('the reference names every option that is not hidden, with its variable', () => {
  for (const { flag, env, hidden } of serverOptions) {
    assert.is(optionReference().includes(`\`--${flag}\``), !hidden, flag);
    if (!hidden && env !== undefined) assert.match(optionReference(), `\`${env}\``);
  }
});

line.run();
