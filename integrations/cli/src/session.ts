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
  /** Environment variables: where the user's configuration is, and proxies. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What a command that does not fail ends with. */
  exitCode: number;
}
