// The door `wasmwarden/wapc`: a waPC host for any guest, with codecs.
export { jsonCodec, messagePackCodec, rawCodec } from './codec.js';
export type { Codec } from './codec.js';
export { createHost } from './create-host.js';
export type { WapcGuestHost, WapcHostOptions } from './create-host.js';
export { defaultExchangeLimits } from './exchange.js';
export type { ExchangeLimits } from './exchange.js';
export type { HostCall } from './protocol.js';
export { Fault, isFault } from '../fault.js';
