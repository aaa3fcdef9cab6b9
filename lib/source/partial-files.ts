// Passing names for files that are being written, and the removal of those that a killed process left behind.
import { randomUUID } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { kill, pid } from 'node:process';

/** Files of other hosts that share the store are left alone for this long: no download takes an hour. */
const abandonedAfterMs = 60 * 60 * 1000;

/** Tells this process's files from those of an earlier one with the same number, as in a restarted container. */
const incarnation = randomUUID();
let counter = 0;

/** A name that nobody else uses: `{pid}.{incarnation}.{n}@{host}.partial`. */
export function partialName(): string {
  counter += 1;
  return `${pid}.${incarnation}.${counter}@${hostname()}.partial`;
}

/**
 * Removes what processes left behind that are gone.
 *
 * @param folder where partial files are; need not exist
 */
export async function removeAbandoned(folder: string, nowMs: number): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const path = join(folder, name);
    if (await isAbandoned(name, path, nowMs)) await rm(path, { force: true }).catch(() => undefined);
  }
}

async function isAbandoned(name: string, path: string, nowMs: number): Promise<boolean> {
  const match = /^(\d+)\.([0-9a-f-]{36})\.\d+@(.+)\.partial$/.exec(name);
  if (match === null) return false;
  const [, owner, writer, host] = match;
  if (host === hostname()) return Number(owner) === pid ? writer !== incarnation : !isAlive(Number(owner));
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && nowMs - found.mtimeMs > abandonedAfterMs;
}

function isAlive(owner: number): boolean {
  try {
    // Signal 0 is none: it only asks whether the process is there.
    return kill(owner, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
