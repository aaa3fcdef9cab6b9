// One evaluation in one sandbox. Today each gets an instance of its own, thrown away afterwards; a resetting engine will
// take over behind `runInSandbox` without anybody noticing.
import type { Outcome } from '../../outcome.js';
import { Guest, type GuestOptions } from '../../wapc/guest.js';

/** Brings up a guest that has seen nothing, runs one operation on it and forgets it. */
export function runInSandbox(module: WebAssembly.Module, operation: string, payload: Uint8Array, options: GuestOptions): Outcome {
  const guest = new Guest(options);
  return guest.start(module) ?? guest.call(operation, payload);
}
