// What one call of the command works with: its surroundings as values, so that no command touches the process.
import type { Output } from './output.js';

/** The surroundings of one call. */
export interface Session {
  readonly version: string;
  readonly output: Output;
  /** Standard input; read only by who needs it. */
  readonly stdin: AsyncIterable<unknown>;
  /** Whether a human would have to type standard input. */
  readonly stdinIsTerminal: boolean;
  /** What a command that does not fail ends with. */
  exitCode: number;
}
