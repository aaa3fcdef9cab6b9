// WASI preview 1 for one guest, whole, under its name and under the name of the snapshot before it.
// There are no files, no environment and no sockets; the rest comes from the ports.

import { absentFunctions } from './absent.js';
import { fdFunctions } from './fd.js';
import type { MemorySource } from './guest-memory.js';
import { preview1Layout, snapshot0Layout, type SnapshotLayout } from './layout.js';
import { pollFunctions } from './poll.js';
import type { WasiPorts } from './ports.js';
import { processFunctions } from './process.js';
import { Session, type WasiState } from './session.js';
import { wasiSignatures } from './signatures.js';
import { transferFunctions } from './transfer.js';
import type { WasiFunctions } from './wasi-function.js';

/** The WASI of one guest. */
export interface Wasi {
  /** Functions by import module; both names act on the same state. Made once, for any number of instances in turn. */
  readonly imports: {
    /** All 46 functions. */
    readonly wasi_snapshot_preview1: WasiFunctions;
    /** Snapshot 0: 45 functions (`sock_accept` came later), some records laid out otherwise. */
    readonly wasi_unstable: WasiFunctions;
  };
  /** What the host remembers of the guest now: descriptors, and how often it read a clock or random bytes. */
  save(): WasiState;
  /** Puts a saved state back, so that the next run of the guest starts from it. Streams belong to the ports' owner. */
  restore(state: WasiState): void;
}

function functionsOf(session: Session, layout: SnapshotLayout): WasiFunctions {
  return {
    ...processFunctions(session),
    ...fdFunctions(session, layout),
    ...transferFunctions(session),
    ...pollFunctions(session, layout),
    ...absentFunctions(session),
  };
}

/**
 * The WASI functions for one guest.
 *
 * They answer with an error number, throw `GuestExit` for `proc_exit`, and throw `GuestPointerError` for an address
 * outside the guest's memory, which ends the call as a trap does.
 *
 * @param memory the current instance's memory; called whenever a function needs it
 */
export function createWasi(ports: WasiPorts, memory: MemorySource): Wasi {
  const session = new Session(ports, memory);
  const snapshot0 = Object.entries(functionsOf(session, snapshot0Layout)).filter(([name]) => Object.hasOwn(wasiSignatures.wasi_unstable, name));
  return {
    imports: {
      wasi_snapshot_preview1: functionsOf(session, preview1Layout),
      wasi_unstable: Object.fromEntries(snapshot0),
    },
    save: () => session.state,
    restore: (state) => {
      session.state = state;
    },
  };
}
