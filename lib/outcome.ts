// What came of one guest call, as data: the guest and the clock cause outcomes, never exceptions.

/** Which part of the guest was running: its start functions (`_start`, `wapc_init`) or the operation itself. */
export type GuestPhase = 'start' | 'call';

/**
 * What came of one operation on one guest.
 *
 * - `answered`: the guest succeeded; `payload` is its answer, owned by the caller.
 * - `failed`: the guest returned an error or broke the protocol; `message` is the contract's text (section 1.3).
 * - `trapped`: the guest's code stopped by a trap or a bad pointer; `message` is the engine's text.
 * - `exited`: the guest called `proc_exit` with this code during the operation.
 * - `start-failed`: the guest could not be brought up; `message` starts with `Initialization failed: `.
 * - `expired`: the policy's own execution limit ran out in the given phase.
 */
export type Outcome =
  | { readonly kind: 'answered'; readonly payload: Uint8Array }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'trapped'; readonly message: string }
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'start-failed'; readonly message: string }
  | { readonly kind: 'expired'; readonly during: GuestPhase };

/** Thrown through the guest by WASI's `proc_exit`, so that leaving is told apart from a trap. */
export class GuestExit extends Error {
  override readonly name = 'GuestExit';
  /** The guest's exit code, 0 to 4294967295. */
  readonly code: number;

  constructor(code: number) {
    super(`the guest exited with code ${code}`);
    this.code = code;
  }
}
