// In which mode a policy runs: the option, its metadata and what its module looks like (contract 2.1).
import { Fault } from 'wasmwarden';
import type { ExecutionMode, Metadata, PolicyModule } from 'wasmwarden/policy';

/** The spellings of the option: the metadata's own, and the short one of the reference's command line. */
export const modeSpellings: Readonly<Record<string, ExecutionMode>> = {
  'kubewarden-wapc': 'kubewarden-wapc',
  'kubewarden': 'kubewarden-wapc',
  'opa': 'opa',
  'gatekeeper': 'gatekeeper',
  'wasi': 'wasi',
};

/** What the mode is told from. */
export interface ModeClues {
  /** The mode that the user asked for; it is used unchecked. */
  readonly asked: ExecutionMode | undefined;
  readonly metadata: Metadata | undefined;
  readonly abi: PolicyModule['abi'];
}

/**
 * The mode to run a policy in.
 *
 * @throws {Fault} `POLICY_MODE_WRONG` where metadata and module contradict each other, or neither tells
 */
export function executionModeOf({ asked, metadata, abi }: ModeClues): ExecutionMode {
  if (asked !== undefined) return asked;
  const isRego = abi === 'opa';
  if (metadata === undefined) {
    if (isRego) throw wrongMode('The policy has been created with Rego, please specify which Opa runtime has to be used');
    return abi === 'wasi-command' ? 'wasi' : 'kubewarden-wapc';
  }
  const { executionMode } = metadata;
  if (isRego === isRegoMode(executionMode)) return executionMode;
  throw wrongMode(`The policy has ${isRego ? '' : 'not '}been created with Rego, the policy execution mode specified via CLI flag is wrong`);
}

/** Tells whether a mode is one of Rego's. */
export function isRegoMode(mode: ExecutionMode): boolean {
  return mode === 'opa' || mode === 'gatekeeper';
}

function wrongMode(message: string): Fault {
  return new Fault('POLICY_MODE_WRONG', message);
}
