// The command line of the scanner and its reference page, built from the table of options.
import { Command, Option } from 'commander';

import { auditOptions, type AuditOption } from './options.js';
import { withLongFlags } from './short-flags.js';

/**
 * Reads the arguments: the given flags as texts by their names.
 *
 * Help, version and usage errors are thrown as commander's own errors.
 *
 * @param words the arguments behind the program's name
 */
export async function parseCommandLine(words: readonly string[], version: string): Promise<Readonly<Record<string, string>>> {
  let flags: Readonly<Record<string, string>> | undefined;
  const program = new Command('audit-scanner')
    .description('Asks the policies of a Kubernetes cluster about what is in it already, and writes a report on each object.')
    .version(version)
    .exitOverride((error) => {
      throw error;
    })
    .configureOutput({ writeErr: () => undefined })
    .action((given: Record<string, unknown>) => {
      flags = flagTexts(given);
    });
  for (const option of auditOptions) program.addOption(commanderOption(option));
  await program.parseAsync([...withLongFlags(words)], { from: 'user' });
  if (flags === undefined) throw new Error('commander ran no action');
  return flags;
}

/** The page that lists the options, as Markdown. */
export function optionReference(): string {
  const rows = auditOptions.map(({ flag, short, fallback, summary }) => `| ${short === undefined ? '' : `\`-${short}\`, `}\`--${flag}\` | ${fallback === undefined ? '' : `\`${fallback}\``} | ${summary} |`);
  return [
    '# Options of the audit scanner',
    '',
    'Written by `npm run docs:audit` from the table that the program reads. How to reach the API server is taken from `KUBECONFIG`,',
    '`~/.kube/config` or the service account of the Pod, in this order. A switch may be given alone, or as `--switch=false`.',
    '',
    '| option | default | meaning |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function commanderOption({ flag, short, kind, summary, fallback }: AuditOption): Option {
  const dashes = `${short === undefined ? '' : `-${short}, `}--${flag}`;
  const option = new Option(kind === 'switch' ? `${dashes} [boolean]` : `${dashes} <${kind}>`, fallback === undefined ? summary : `${summary} (default: ${fallback})`);
  return kind === 'names' ? option.argParser((text: string, before: string | undefined) => (before === undefined ? text : `${before},${text}`)) : option;
}

/** The given flags by their names; a bare switch is `true`. */
function flagTexts(given: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const { flag } of auditOptions) {
    const value = given[flag.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())];
    if (typeof value === 'string') texts[flag] = value;
    else if (value === true) texts[flag] = 'true';
  }
  return texts;
}
