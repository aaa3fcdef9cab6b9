// Options that must be given. Commander's own check comes before the one for unknown options, so that a misspelt option
// would be reported as a missing one; this one comes last.
import type { Command } from 'commander';

/**
 * Ends with a usage error for the first of these options that was not given.
 *
 * @param names as commander spells them: `requestPath`
 * @throws {CommanderError}
 */
export function requireOptions(command: Command, names: readonly string[]): void {
  const missing = command.options.find((option) => names.includes(option.attributeName()) && command.getOptionValue(option.attributeName()) === undefined);
  if (missing !== undefined) command.error(`error: required option '${missing.flags}' not specified`, { exitCode: 2 });
}
