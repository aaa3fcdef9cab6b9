// Which phase a worker's guest is in and since when, in memory shared by worker and pool: the policy's limit counts per
// phase (its start functions apart from the operation), and a message per phase would cost more than the evaluation.
import { monotonicNow } from '../../deadline.js';
import type { GuestPhase } from '../../outcome.js';

const codes: Readonly<Record<GuestPhase, number>> = { start: 1, call: 2 };
const idleCode = 0;
/** One i32 for the phase, padding, one f64 for its beginning. */
const sizeBytes = 16;

/** A reading of the clock. */
export interface PhaseReading {
  readonly phase: GuestPhase;
  /** When the phase began, in milliseconds of `monotonicNow`. */
  readonly sinceMs: number;
}

/** The shared clock of one worker. */
export class PhaseClock {
  readonly buffer: SharedArrayBuffer;
  readonly #code: Int32Array;
  readonly #since: Float64Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(sizeBytes)) {
    this.buffer = buffer;
    this.#code = new Int32Array(buffer, 0, 1);
    this.#since = new Float64Array(buffer, 8, 1);
  }

  /** Marks the beginning of a phase. */
  enter(phase: GuestPhase): void {
    this.#since[0] = monotonicNow();
    // The atomic store publishes the plain one before it.
    Atomics.store(this.#code, 0, codes[phase]);
  }

  /** Marks the end of the guest's work: its outcome is on the way, however long the pool takes to look at it. */
  leave(): void {
    Atomics.store(this.#code, 0, idleCode);
  }

  /** The phase the guest is in, nothing when it is in none. */
  read(): PhaseReading | undefined {
    const code = Atomics.load(this.#code, 0);
    if (code === idleCode) return undefined;
    return { phase: code === codes.call ? 'call' : 'start', sinceMs: this.#since[0] ?? 0 };
  }
}
