// The command line of the policy-server, built from the table of options.
import { Command, Option } from 'commander';

import { serverOptions, type ServerOption } from './options.js';

/** What the user asks for. */
export type Invocation =
  | { readonly kind: 'serve'; readonly flags: Readonly<Record<string, string>>; readonly printConfig: boolean }
  | { readonly kind: 'docs'; readonly outputPath: string };

/**
 * Reads the arguments; help, version and usage errors end the process as commander does (exit code 0 and 2).
 *
 * @param words the arguments behind the program's name
 */
export async function parseCommandLine(words: readonly string[], version: string): Promise<Invocation> {
  let invocation: Invocation | undefined;
  const program = new Command('policy-server')
    .description('Serves Kubewarden policies to a Kubernetes API server.\nEvery option can also be set by its environment variable; a flag wins over the variable, the variable over the default.')
    .version(version)
    .option('--print-config', 'print the effective configuration and where each value came from, then exit')
    .exitOverride((error) => {
      throw error;
    })
    .action((given: Record<string, unknown>) => {
      invocation = { kind: 'serve', flags: flagTexts(given), printConfig: given['printConfig'] === true };
    });
  for (const option of serverOptions) program.addOption(commanderOption(option));
  program
    .command('docs')
    .description('write the reference of all options as Markdown')
    .requiredOption('-o, --output <file>', 'file to write')
    .action((given: { output: string }) => {
      invocation = { kind: 'docs', outputPath: given.output };
    });
  await program.parseAsync(words, { from: 'user' });
  if (invocation === undefined) throw new Error('commander ran no action');
  return invocation;
}

/** The reference of all options as a Markdown table. */
export function optionReference(): string {
  const rows = serverOptions
    .filter(({ hidden }) => !hidden)
    .map(({ flag, env, fallback, summary, unbuilt }) => `| \`--${flag}\` | ${env === undefined ? '' : `\`${env}\``} | ${fallback === undefined ? '' : `\`${fallback}\``} | ${summary}${unbuilt ? ' (accepted, no effect yet)' : ''} |`);
  return ['# policy-server options', '', '| flag | environment | default | meaning |', '|---|---|---|---|', ...rows, ''].join('\n');
}

function commanderOption({ flag, kind, summary, env, fallback, unbuilt, hidden }: ServerOption): Option {
  const details = [env === undefined ? '' : `env: ${env}`, fallback === undefined ? '' : `default: ${fallback}`, unbuilt ? 'no effect yet' : ''].filter((part) => part !== '');
  const help = details.length === 0 ? summary : `${summary} (${details.join(', ')})`;
  const option = new Option(kind === 'switch' ? `--${flag} [boolean]` : `--${flag} <${kind}>`, help);
  return hidden ? option.hideHelp() : option;
}

/** The given flags as texts by their names; a bare switch is `true`. */
function flagTexts(given: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const { flag } of serverOptions) {
    const value = given[flag.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())];
    if (typeof value === 'string') texts[flag] = value;
    else if (value === true) texts[flag] = 'true';
  }
  return texts;
}
