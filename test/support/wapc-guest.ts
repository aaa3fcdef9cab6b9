// waPC guests written down in a test: a module around some instructions, and a guest of it on the test's own thread.
import type { Outcome } from '../../lib/outcome.js';
import { defaultExchangeLimits } from '../../lib/wapc/exchange.js';
import { Guest, type GuestOptions } from '../../lib/wapc/guest.js';

import { wat } from './wat.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The parts of a guest's text. */
export interface GuestText {
  /** Instructions of `__guest_call`, which has the parameters `$operation_length` and `$length`; `(i32.const 1)` unless told. */
  readonly call?: string;
  /** Further fields: functions, data, exports. Imports must come in `imports`. */
  readonly fields?: string;
  readonly imports?: string;
}

/** A guest with one page of memory and all functions of the protocol at hand (`$guest_request`, ..., `$console_log`). */
export function guestModule({ call = '(i32.const 1)', fields = '', imports = '' }: GuestText): WebAssembly.Module {
  return new WebAssembly.Module(guestBytes({ call, fields, imports }));
}

/** The same as bytes. */
export function guestBytes({ call = '(i32.const 1)', fields = '', imports = '' }: GuestText): Uint8Array<ArrayBuffer> {
  return wat(`(module
    (import "wapc" "__guest_request" (func $guest_request (param i32 i32)))
    (import "wapc" "__guest_response" (func $guest_response (param i32 i32)))
    (import "wapc" "__guest_error" (func $guest_error (param i32 i32)))
    (import "wapc" "__host_call" (func $host_call (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
    (import "wapc" "__host_response_len" (func $host_response_len (result i32)))
    (import "wapc" "__host_response" (func $host_response (param i32)))
    (import "wapc" "__host_error_len" (func $host_error_len (result i32)))
    (import "wapc" "__host_error" (func $host_error (param i32)))
    (import "wapc" "__console_log" (func $console_log (param i32 i32)))
    ${imports}
    (memory (export "memory") 1)
    ${fields}
    (func (export "__guest_call") (param $operation_length i32) (param $length i32) (result i32) ${call}))`);
}

/** A guest's surroundings that refuse every host call and drop every line. */
export const quietSurroundings: GuestOptions = {
  hostCall: () => ({ kind: 'refused', message: 'no calls here' }),
  consoleLog: () => undefined,
  limits: defaultExchangeLimits,
  imports: () => ({}),
  onPhase: () => undefined,
};

/** A guest that has been started; throws when it could not be. */
export function startedGuest(module: WebAssembly.Module, surroundings: Partial<GuestOptions> = {}): Guest {
  const guest = new Guest({ ...quietSurroundings, ...surroundings });
  const failure = guest.start(module);
  if (failure !== undefined) throw new Error(failure.message);
  return guest;
}

/** Text as bytes. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** An outcome for comparison, the answer's bytes as text. */
export function shownOutcome(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'answered':
      return `answered: ${decoder.decode(outcome.payload)}`;
    case 'expired':
      return `expired during ${outcome.during}`;
    default:
      return `${outcome.kind}: ${outcome.message}`;
  }
}
