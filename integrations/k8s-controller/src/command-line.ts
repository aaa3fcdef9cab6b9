// The command line of the controller, built from the table of options.
import { Command, Option } from 'commander';

import { defaultMetricsPort, metricsPortVariable } from './config.js';
import { controllerOptions, type ControllerOption } from './options.js';

/**
 * Reads the arguments: the given flags as texts by their names.
 *
 * Help, version and usage errors are thrown as commander's own errors.
 *
 * @param words the arguments behind the program's name
 */
export async function parseCommandLine(words: readonly string[], version: string): Promise<Readonly<Record<string, string>>> {
  let flags: Readonly<Record<string, string>> | undefined;
  const program = new Command('kubewarden-controller')
    .description('Brings PolicyServers and policies of a Kubernetes cluster to life: Deployments, certificates and webhook configurations.')
    .version(version)
    .exitOverride((error) => {
      throw error;
    })
    .action((given: Record<string, unknown>) => {
      flags = flagTexts(given);
    });
  for (const option of controllerOptions) program.addOption(commanderOption(option));
  await program.parseAsync(words.map(oneDash), { from: 'user' });
  if (flags === undefined) throw new Error('commander ran no action');
  return flags;
}

/** The reference of all options as a Markdown page. */
export function optionReference(): string {
  const rows = controllerOptions.map(({ flag, fallback, summary, unbuilt }) => `| \`--${flag}\` | ${fallback === undefined ? '' : `\`${fallback}\``} | ${summary}${unbuilt ? ' (accepted, no effect)' : ''} |`);
  return [
    '# Controller options',
    '',
    "A flag may be given with one dash or two; a switch without a value is on. `deploy/controller/deployment.yaml` says which flags an installation has.",
    '',
    '| flag | default | meaning |',
    '|---|---|---|',
    ...rows,
    '',
    `Of the environment two things are read: \`${metricsPortVariable}\`, the port of metrics of Services of policy-servers that name none (\`${defaultMetricsPort}\` when absent), and`,
    '`OTEL_EXPORTER_OTLP_*`, which policy-servers get too when they push to a collector outside of their own Pod.',
    '',
  ].join('\n');
}

/** Go's flags, which the reference has, may be given with one dash. */
function oneDash(word: string): string {
  const [, name] = /^-([a-z][a-z-]+)(?:=.*)?$/.exec(word) ?? [];
  return name !== undefined && controllerOptions.some(({ flag }) => flag === name) ? `-${word}` : word;
}

function commanderOption({ flag, kind, summary, fallback, unbuilt }: ControllerOption): Option {
  const details = [fallback === undefined ? '' : `default: ${fallback}`, unbuilt ? 'no effect' : ''].filter((part) => part !== '');
  return new Option(kind === 'switch' ? `--${flag} [boolean]` : `--${flag} <${kind}>`, details.length === 0 ? summary : `${summary} (${details.join(', ')})`);
}

/** The given flags by their names; a bare switch is `true`. */
function flagTexts(given: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const { flag } of controllerOptions) {
    const value = given[flag.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())];
    if (typeof value === 'string') texts[flag] = value;
    else if (value === true) texts[flag] = 'true';
  }
  return texts;
}
