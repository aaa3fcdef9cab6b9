// The one error class for what the surroundings cause: bad configuration, unreachable registry, full pool.
// What a guest causes is an `Outcome` (outcome.ts); what we cause ourselves is a plain `Error`.

/** What a log line needs about a fault; never a secret. */
export type FaultContext = Readonly<Record<string, unknown>>;

export interface FaultOptions {
  /** May the same call succeed later, unchanged? Default false. */
  readonly retryable?: boolean;
  readonly context?: FaultContext;
  readonly cause?: unknown;
}

/**
 * A failure of the surroundings, told apart by `code`.
 *
 * The message is one sentence: what was attempted, on what, what was found, what to do.
 * "Fault" and not "Error", because *error* is a word of the waPC protocol already.
 */
export class Fault<Code extends string = string> extends Error {
  override readonly name = 'Fault';
  readonly code: Code;
  readonly retryable: boolean;
  readonly context: FaultContext;

  constructor(code: Code, message: string, options: FaultOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.context = options.context ?? {};
  }
}

/** Tells whether a caught value is a fault, optionally with one of the given codes. */
export function isFault<Code extends string>(value: unknown, ...codes: readonly Code[]): value is Fault<Code> {
  if (!(value instanceof Fault)) return false;
  const { code } = value as Fault;
  return codes.length === 0 || (codes as readonly string[]).includes(code);
}

/** The message of anything that was thrown, as one line of text. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
