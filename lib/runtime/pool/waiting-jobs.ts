// Who waits and who is next: a lane for each policy, served in turn, so that one policy's flood does not delay another's.
import type { Deadline } from '../../deadline.js';

import { append, fifoOf, itemsOf, withoutFirst, type Fifo } from './fifo.js';

/** A job as far as scheduling is concerned. */
export interface ScheduledJob {
  readonly id: number;
  /** Policies take turns; within one, who comes first is served first. */
  readonly policy: string;
  /** Which warm instance it can use: a thread that has run this before is preferred. */
  readonly sandbox: number;
  /** Jobs of this policy that may run at once; `Infinity` for any number. */
  readonly maxConcurrent: number;
  /** After this point nobody wants the answer; the wait in the queue counts. */
  readonly deadline: Deadline;
}

interface Lane {
  readonly policy: string;
  /** Never empty. */
  readonly jobs: Fifo<ScheduledJob>;
}

/** Waiting jobs; the lane whose turn it is comes first. */
export interface WaitingJobs {
  readonly size: number;
  readonly lanes: readonly Lane[];
}

export const nobodyWaits: WaitingJobs = { size: 0, lanes: [] };

/** All jobs, lane by lane. */
export function waitingJobs({ lanes }: WaitingJobs): readonly ScheduledJob[] {
  return lanes.flatMap(({ jobs }) => itemsOf(jobs));
}

/** With one more job, behind the others of its policy. */
export function withJob({ size, lanes }: WaitingJobs, job: ScheduledJob): WaitingJobs {
  const index = lanes.findIndex(({ policy }) => policy === job.policy);
  const lane = lanes[index];
  if (lane === undefined) return { size: size + 1, lanes: [...lanes, { policy: job.policy, jobs: fifoOf([job]) }] };
  return { size: size + 1, lanes: replaced(lanes, index, { ...lane, jobs: append(lane.jobs, job) }) };
}

/**
 * Takes the next job: the first of the first lane that may be served; that lane then goes behind the others.
 *
 * @returns nothing when no lane may be served
 */
export function takeNext({ size, lanes }: WaitingJobs, mayRun: (job: ScheduledJob) => boolean): readonly [ScheduledJob, WaitingJobs] | undefined {
  const index = lanes.findIndex(({ jobs: { front } }) => front !== undefined && mayRun(front.item));
  const lane = lanes[index];
  const job = lane?.jobs.front?.item;
  if (lane === undefined || job === undefined) return undefined;
  const others = lanes.filter((other) => other !== lane);
  const rest = withoutFirst(lane.jobs);
  return [job, { size: size - 1, lanes: rest.size === 0 ? others : [...others, { ...lane, jobs: rest }] }];
}

/** Without that job; the same object when it does not wait. */
export function withoutJob(waiting: WaitingJobs, id: number): WaitingJobs {
  const index = waiting.lanes.findIndex(({ jobs }) => itemsOf(jobs).some((job) => job.id === id));
  const lane = waiting.lanes[index];
  if (lane === undefined) return waiting;
  const rest = itemsOf(lane.jobs).filter((job) => job.id !== id);
  return { size: waiting.size - 1, lanes: replaced(waiting.lanes, index, { ...lane, jobs: fifoOf(rest) }) };
}

/** The job that has to go when too many wait: the last of the longest lane, which made the queue long. */
export function excessJob({ lanes }: WaitingJobs): ScheduledJob | undefined {
  const longest = lanes.reduce((most, { jobs }) => Math.max(most, jobs.size), 0);
  // Of several that are as long, the one whose turn comes last.
  const jobs = lanes.findLast((lane) => lane.jobs.size === longest)?.jobs;
  return jobs === undefined ? undefined : (jobs.back?.item ?? itemsOf(jobs).at(-1));
}

/** The lanes with another one at that place, or without it when it is empty. */
function replaced(lanes: readonly Lane[], index: number, lane: Lane): readonly Lane[] {
  return lanes.toSpliced(index, 1, ...(lane.jobs.size === 0 ? [] : [lane]));
}
