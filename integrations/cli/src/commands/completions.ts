// `wasmwarden completions`: a script that teaches a shell the commands and options.
import { Option, type Command } from 'commander';

import { bashCompletions } from '../completions/bash.js';
import { commandTree, type CommandNode } from '../completions/command-tree.js';
import { elvishCompletions } from '../completions/elvish.js';
import { fishCompletions } from '../completions/fish.js';
import { powershellCompletions } from '../completions/powershell.js';
import { zshCompletions } from '../completions/zsh.js';
import { requireOptions } from '../required-options.js';
import type { Session } from '../session.js';

const writers = { bash: bashCompletions, elvish: elvishCompletions, fish: fishCompletions, powershell: powershellCompletions, zsh: zshCompletions } as const satisfies Readonly<Record<string, (root: CommandNode) => string>>;

interface CompletionsFlags {
  readonly shell: keyof typeof writers;
}

/** Adds the command to the program. */
export function addCompletionsCommand(program: Command, session: Session): void {
  const command = program
    .command('completions')
    .description('print a script that completes commands and options in a shell')
    .addOption(new Option('-s, --shell <shell>', 'the shell (required)').choices(Object.keys(writers)))
    .addHelpText('after', '\nExamples:\n  eval "$(wasmwarden completions -s bash)"\n  wasmwarden completions -s fish | source');
  command.action(({ shell }: CompletionsFlags) => {
    requireOptions(command, ['shell']);
    session.output.result(writers[shell](commandTree(program)));
  });
}
