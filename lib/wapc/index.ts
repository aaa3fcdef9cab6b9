// The door `wasmwarden/wapc`: a waPC host for any guest.
export { GuestPointerError } from './memory.js';
