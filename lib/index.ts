// The main door.
export { Fault, isFault } from './fault.js';
export type { FaultContext, FaultOptions } from './fault.js';
