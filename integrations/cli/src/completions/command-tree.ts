// The tree of commands as plain data: what completion scripts and the reference are made of, so that neither keeps a list.
import type { Command, Option } from 'commander';

/** One option. */
export interface OptionNode {
  /** Every spelling: `-r`, `--request-path`. */
  readonly names: readonly string[];
  readonly description: string;
  readonly value: ValueNode;
  /** As the help shows it: `-r, --request-path <file>`. */
  readonly flags: string;
  /** The default as the help shows it. */
  readonly fallback: string | undefined;
}

/** What follows an option. */
export type ValueNode = { readonly kind: 'none' } | { readonly kind: 'file' } | { readonly kind: 'words'; readonly words: readonly string[] } | { readonly kind: 'text' };

/** One command with what lies below it. */
export interface CommandNode {
  /** From the program's name down. */
  readonly path: readonly string[];
  readonly description: string;
  /** Its own options and those of the program. */
  readonly options: readonly OptionNode[];
  readonly arguments: readonly { readonly name: string; readonly description: string }[];
  readonly commands: readonly CommandNode[];
}

/** Reads a command and everything below it; hidden options and commands are left out. */
export function commandTree(command: Command, above: { readonly path: readonly string[]; readonly options: readonly OptionNode[] } = { path: [], options: [] }): CommandNode {
  const help = command.createHelp();
  const path = [...above.path, command.name()];
  const own = help.visibleOptions(command).map(optionNode);
  const inherited = above.options.filter(({ names }) => !own.some((option) => option.names.some((name) => names.includes(name))));
  // Help and version are known at every level; only the former makes sense there.
  const passedOn = own.filter(({ names }) => !names.includes('--version'));
  return {
    path,
    description: command.description(),
    options: [...own, ...inherited],
    arguments: command.registeredArguments.map((argument) => ({ name: argument.name(), description: argument.description })),
    commands: help.visibleCommands(command).filter((below) => below.name() !== 'help').map((below) => commandTree(below, { path, options: passedOn })),
  };
}

/** A command and all below it, parents first. */
export function allCommands(node: CommandNode): readonly CommandNode[] {
  return [node, ...node.commands.flatMap(allCommands)];
}

function optionNode(option: Option): OptionNode {
  const names = [option.short, option.long].filter((name) => name !== undefined);
  return { names, description: option.description, value: valueNode(option), flags: option.flags, fallback: option.defaultValueDescription ?? plainDefault(option.defaultValue) };
}

function valueNode(option: Option): ValueNode {
  if (!option.required && !option.optional) return { kind: 'none' };
  if (option.argChoices !== undefined) return { kind: 'words', words: option.argChoices };
  return /[<[](?:file|folder)[\]>]/.test(option.flags) ? { kind: 'file' } : { kind: 'text' };
}

function plainDefault(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
