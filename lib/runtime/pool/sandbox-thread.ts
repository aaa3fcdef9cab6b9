// A sandbox thread as the pool sees it. worker-slot.ts is the real one.
import type { PhaseReading } from '../bridge/phase-clock.js';
import type { Assignment, HostReply, WorkerMessage } from '../bridge/wire.js';

/** A thread that runs one job at a time. */
export interface SandboxThread {
  /** Hands over a job. */
  readonly assign: (assignment: Assignment) => void;
  /** Wakes the guest with the answer to its host call. */
  readonly answer: (reply: HostReply) => void;
  /** Which phase the guest is in; nothing when its work is done and the outcome on its way. */
  readonly phase: () => PhaseReading | undefined;
  /** Makes the guest trap where it is, if it looks; its outcome follows as always. */
  readonly interrupt: () => void;
  /** Takes the interruption back: the guest is out. */
  readonly calm: () => void;
  /** Tells the thread what it need not keep. */
  readonly forget: (sandboxes: readonly number[]) => void;
  /** Ends the thread, wherever it is; `onExit` follows when it is gone. */
  readonly stop: () => void;
  /** Lets the process end although the thread is still there. */
  readonly abandon: () => void;
}

/** What a thread reports; `onExit` comes last and once. */
export interface ThreadEvents {
  readonly onMessage: (message: WorkerMessage) => void;
  /** The thread is gone; `reason` says why when nobody asked for it. */
  readonly onExit: (reason: string) => void;
}

/** Starts a thread, which says `ready` when it can take a job. May throw when there can be no more threads. */
export type StartThread = (events: ThreadEvents) => SandboxThread;
