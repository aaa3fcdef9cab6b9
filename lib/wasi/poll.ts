// `poll_oneoff`: sleeping, and asking whether the standard streams are ready (they always are: nothing here blocks).

import { right } from './descriptors.js';
import { errno, type Errno } from './errno.js';
import type { SnapshotLayout } from './layout.js';
import { isClockId, type Session } from './session.js';
import { maxTransferBytes } from './transfer.js';
import type { WasiFunctions } from './wasi-function.js';

/** More than any guest waits for: there are three descriptors and a few timers. */
export const maxSubscriptions = 1024;

/** The same in both snapshots. */
const eventBytes = 32;

const eventType = { clock: 0, fdRead: 1, fdWrite: 2 } as const;
const absoluteTime = 1;
const hangup = 1;

/** What one subscription comes to: when it is due (0 is now), and what its event will say. */
interface Expectation {
  readonly userdata: bigint;
  readonly type: number;
  readonly dueInNs: bigint;
  readonly error: Errno;
  readonly nbytes: bigint;
  readonly flags: number;
}

type Report = Pick<Expectation, 'dueInNs' | 'error' | 'nbytes' | 'flags'>;

const now: Report = { dueInNs: 0n, error: errno.success, nbytes: 0n, flags: 0 };

/** When a clock subscription is due; `record` starts at the clock's id. */
function clockReport(session: Session, record: DataView): Report {
  const id = record.getUint32(0, true);
  const timeoutNs = record.getBigUint64(8, true);
  if (!isClockId(id)) return { ...now, error: errno.inval };
  // A relative time needs no clock, and reading none keeps a guest that only sleeps reproducible.
  if ((record.getUint16(24, true) & absoluteTime) === 0) return { ...now, dueInNs: timeoutNs };
  const currentNs = session.readClock(id);
  return { ...now, dueInNs: timeoutNs > currentNs ? timeoutNs - currentNs : 0n };
}

/** How a stream stands: output takes whatever one call may write, input has what it has, and nothing means end of file. */
function streamReport(session: Session, fd: number, type: number): Report {
  const needed = right.pollReadWrite | (type === eventType.fdRead ? right.fdRead : right.fdWrite);
  const descriptor = session.descriptorFor(fd, needed);
  if (typeof descriptor === 'number') return { ...now, error: descriptor };
  if (type === eventType.fdWrite) return { ...now, nbytes: BigInt(maxTransferBytes) };
  const available = session.ports.stdin.availableBytes;
  return { ...now, nbytes: BigInt(available), flags: available === 0 ? hangup : 0 };
}

/** Reads one subscription; `undefined` for a type that does not exist. */
function expectationOf(session: Session, layout: SnapshotLayout, record: DataView): Expectation | undefined {
  const userdata = record.getBigUint64(0, true);
  const type = record.getUint8(8);
  const { buffer, byteOffset } = record;
  switch (type) {
    case eventType.clock:
      return { userdata, type, ...clockReport(session, new DataView(buffer, byteOffset + layout.clockIdOffset)) };
    case eventType.fdRead:
    case eventType.fdWrite:
      return { userdata, type, ...streamReport(session, record.getUint32(16, true), type) };
    default:
      return undefined;
  }
}

function writeEvent(record: DataView, event: Expectation): void {
  record.setBigUint64(0, event.userdata, true);
  record.setUint16(8, event.error, true);
  record.setUint8(10, event.type);
  record.setBigUint64(16, event.nbytes, true);
  record.setUint16(24, event.flags, true);
}

/** `poll_oneoff` over one snapshot's subscriptions. */
export function pollFunctions(session: Session, layout: SnapshotLayout): WasiFunctions {
  const { memory, ports } = session;
  const readAll = (pointer: number, count: number): readonly (Expectation | undefined)[] =>
    Array.from({ length: count }, (_, index) => {
      const at = (pointer >>> 0) + index * layout.subscriptionBytes;
      return expectationOf(session, layout, memory.view(at, layout.subscriptionBytes, 'poll_oneoff: subscription'));
    });

  return {
    poll_oneoff(subscriptions: number, events: number, count: number, resultPointer: number): number {
      const wanted = count >>> 0;
      if (wanted === 0 || wanted > maxSubscriptions) return errno.inval;
      memory.view(subscriptions, wanted * layout.subscriptionBytes, 'poll_oneoff: subscriptions');
      const target = memory.bytes(events, wanted * eventBytes, 'poll_oneoff: events');
      const result = memory.view(resultPointer, 4, 'poll_oneoff: count of events');

      const expected = readAll(subscriptions, wanted);
      if (!expected.every((each) => each !== undefined)) return errno.inval;
      const waitNs = expected.map(({ dueInNs }) => dueInNs).reduce((least, each) => (each < least ? each : least));
      if (waitNs > 0n) ports.sleep(Number(waitNs) / 1e6);

      // The guest may let events overwrite subscriptions: by now all of them have been read.
      const due = expected.filter(({ dueInNs }) => dueInNs <= waitNs);
      target.fill(0, 0, due.length * eventBytes);
      for (const [index, event] of due.entries()) writeEvent(new DataView(target.buffer, target.byteOffset + index * eventBytes), event);
      result.setUint32(0, due.length, true);
      return errno.success;
    },
  };
}
