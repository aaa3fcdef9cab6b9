// The tree of commands, and how every end of a call becomes an exit code. The process itself is main.ts.
import { Command, CommanderError, type OutputConfiguration } from 'commander';
import { isFault, messageOf } from 'wasmwarden';

import { addAnnotateCommand } from './commands/annotate.js';
import { addBenchCommand } from './commands/bench.js';
import { addCompletionsCommand } from './commands/completions.js';
import { addDigestCommand } from './commands/digest.js';
import { addInspectCommand } from './commands/inspect.js';
import { addLoadCommand } from './commands/load.js';
import { addPoliciesCommand } from './commands/policies.js';
import { addPullCommand } from './commands/pull.js';
import { addPushCommand, withBareForce } from './commands/push.js';
import { addRmCommand } from './commands/rm.js';
import { addRunCommand } from './commands/run.js';
import { addScaffoldCommand } from './commands/scaffold.js';
import { addSaveCommand } from './commands/save.js';
import type { Output } from './output.js';
import type { Session } from './session.js';

const examples = `
Examples:
  wasmwarden run policy.wasm --request-path review.json
  wasmwarden inspect policy.wasm
  wasmwarden annotate policy.wasm --metadata-path metadata.yml --output-path annotated.wasm
  wasmwarden pull registry://ghcr.io/kubewarden/policies/pod-privileged:v1`;

interface GlobalFlags {
  readonly verbose?: boolean;
  readonly color?: boolean;
}

/** Builds the tree of commands. */
export function createProgram(session: Session): Command {
  const { output } = session;
  const program = new Command('wasmwarden')
    .description('Runs, inspects and prepares Kubernetes policies that are WebAssembly modules.')
    .version(`wasmwarden ${session.version}`, '--version', 'print the version')
    .option('-v, --verbose', 'tell what happens inside, on standard error')
    .option('--no-color', 'paint nothing (so do NO_COLOR=1 and a pipe; FORCE_COLOR=1 paints always)')
    .helpOption('-h, --help', 'print help')
    .addHelpText('after', examples)
    .configureOutput(streamsOf(output))
    .configureHelp({ styleTitle: (title) => output.palette.bold(title), styleCommandText: (name) => output.palette.cyan(name), styleOptionText: (term) => output.palette.cyan(term) })
    .exitOverride();
  // Before anything is parsed further, so that help and usage errors obey.
  program.on('option:no-color', () => output.configure({ color: false }));
  program.hook('preAction', () => output.configure(program.opts<GlobalFlags>()));
  addRunCommand(program, session);
  addInspectCommand(program, session);
  addAnnotateCommand(program, session);
  addBenchCommand(program, session);
  addScaffoldCommand(program, session);
  addCompletionsCommand(program, session);
  addPullCommand(program, session);
  addPushCommand(program, session);
  addDigestCommand(program, session);
  addPoliciesCommand(program, session);
  addRmCommand(program, session);
  addSaveCommand(program, session);
  addLoadCommand(program, session);
  return program;
}

function streamsOf(output: Output): OutputConfiguration {
  return {
    writeOut: (text) => output.result(text),
    writeErr: (text) => output.note(text),
    getOutHasColors: () => output.paints('stdout'),
    getErrHasColors: () => output.paints('stderr'),
    // "error: unknown command 'rnu'\n(Did you mean run?)" as one sentence.
    outputError: (text) => output.error(text.trim().replace(/^error: /, '').replace(/\n\s*/g, ' ')),
  };
}

/**
 * Runs one call of the command and tells how it ended.
 *
 * @param words the arguments behind the program's name
 * @returns the exit code: 0, 1 when something outside of the program went wrong, 2 for a wrong command line, 70 for our bugs
 */
export async function runProgram(words: readonly string[], session: Session): Promise<number> {
  try {
    await createProgram(session).parseAsync(words.length === 0 ? ['--help'] : withBareForce(words), { from: 'user' });
    return session.exitCode;
  } catch (thrown) {
    return exitCodeOf(thrown, session.output);
  }
}

/** Tells why a call failed, and the exit code for it. */
export function exitCodeOf(thrown: unknown, output: Output): number {
  // Commander has told it already.
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
  if (isFault(thrown)) {
    output.error(thrown.message);
    return 1;
  }
  const stack = output.verbose && thrown instanceof Error ? `\n${thrown.stack ?? ''}` : '';
  output.error(`wasmwarden failed by a fault of its own: ${messageOf(thrown)}. Please report it, with what --verbose adds to this message.${stack}`);
  return 70;
}
