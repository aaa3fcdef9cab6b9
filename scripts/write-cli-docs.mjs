#!/usr/bin/env node
// Writes docs/cli.md from the command's own tree. Run after `npm run build`; a test compares the file with the tree.
//
//   npm run docs:cli [-- --check]

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { allCommands, commandTree } from '../build/integrations/cli/src/completions/command-tree.js';
import { Output } from '../build/integrations/cli/src/output.js';
import { createProgram } from '../build/integrations/cli/src/program.js';

const target = fileURLToPath(new URL('../docs/cli.md', import.meta.url));
const printed = [];
const output = new Output({ stdout: { write: (text) => printed.push(text) }, stderr: { write: () => true }, env: {} });
const program = createProgram({ version: '', output, stdin: process.stdin, stdinIsTerminal: false, environment: {}, exitCode: 0 });

/** The command of commander's tree that a path names. */
const commandAt = ([, ...names]) => names.reduce((command, name) => command.commands.find((below) => below.name() === name), program);

/** What the help says behind the options: examples and explanations. */
function textAfter(command) {
  printed.length = 0;
  command.outputHelp();
  return printed.join('').slice(command.helpInformation().length).trim();
}

const choices = ({ kind, words }) => (kind === 'words' ? `: ${words.map((word) => `\`${word}\``).join(', ')}` : '');
const cell = (text) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
const table = (head, rows) => (rows.length === 0 ? [] : [`| ${head.join(' | ')} |`, `|${head.map(() => ' --- |').join('')}`, ...rows.map((row) => `| ${row.join(' | ')} |`), '']);

function section(node) {
  const command = commandAt(node.path);
  const own = node.options.filter(({ flags }) => command.options.some((option) => option.flags === flags) && !/--help|--version/.test(flags));
  return [
    `## \`${node.path.join(' ')}\``,
    '',
    `${node.description[0].toUpperCase()}${node.description.slice(1).replace(/\.$/, '')}.`,
    '',
    ...table(['argument', 'meaning'], node.arguments.map(({ name, description }) => [`\`${name}\``, cell(description)])),
    ...table(['option', 'meaning', 'default'], own.map(({ flags, description, fallback, value }) => [`\`${flags.replaceAll('|', '\\|')}\``, cell(description) + choices(value), fallback === undefined ? '' : `\`${fallback}\``])),
    '```text',
    textAfter(command),
    '```',
    '',
  ].join('\n');
}

const [root, ...commands] = allCommands(commandTree(program));
const text = `<!-- Written by scripts/write-cli-docs.mjs from the command's own tree. -->

# The command

\`npx wasmwarden <command>\` is the policy author's tool. Results go to standard output; what happens meanwhile, what policies
log, and why something failed go to standard error.

| exit code | meaning |
| --- | --- |
| 0 | done; for \`run\`, whatever the verdict |
| 1 | something outside of the command was wrong: a file, a policy, its settings; with \`--fail-on-deny\`, a denial |
| 2 | the command line was wrong |
| 70 | the command itself was wrong: please report it |

These options go before or behind every command; \`--help\` tells about each.

${section(root).split('\n').slice(4).join('\n')}
${commands.map(section).join('\n')}`;

if (process.argv[2] !== '--check') {
  writeFileSync(target, text);
} else if (readFileSync(target, 'utf8') !== text) {
  console.error('docs/cli.md is not what the command says: npm run docs:cli writes it anew');
  process.exitCode = 1;
}
