// Memory and CPU time of the cluster's processes, from /proc.

import { readFile } from 'node:fs/promises';
import type { ProcessUsage } from './messages.js';

/** Linux counts CPU time in hundredths of a second for user space (USER_HZ). */
const TICKS_PER_SECOND = 100;

/** Reads one process; a process that is gone has used nothing. */
export async function usageOf(name: string, pid: number): Promise<ProcessUsage> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const residentKiB = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);
    // The second field may hold spaces; those after its closing parenthesis do not. utime and stime are 14 and 15.
    const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
    const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    return { name, residentMiB: Math.round(residentKiB / 1024), cpuSeconds };
  } catch {
    return { name, residentMiB: 0, cpuSeconds: 0 };
  }
}
