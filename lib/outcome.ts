// What came of one guest call, as data: the guest and the clock cause outcomes, never exceptions.

/** Which part of the guest was running: its start functions (`_start`, `wapc_init`) or the operation itself. */
export type GuestPhase = 'start' | 'call';

/**
 * What came of one operation on one guest.
 *
 * - `answered`: the guest succeeded; `payload` is its answer, owned by the caller.
 * - `failed`: the guest returned an error or no answer; `message` is its own text, or the protocol's when it gave none.
 * - `trapped`: the guest's code stopped by a trap, a bad pointer or an exit; `message` says which.
 * - `start-failed`: the guest could not be brought up; `message` says why.
 * - `expired`: the policy's own execution limit ran out in the given phase.
 */
export type Outcome =
  | { readonly kind: 'answered'; readonly payload: Uint8Array }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'trapped'; readonly message: string }
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

/** Thrown through the guest by whatever it waits in, when it must not go on: what comes of it is decided already. */
export class GuestInterrupted extends Error {
  override readonly name = 'GuestInterrupted';

  constructor() {
    super('the guest was interrupted');
  }
}
