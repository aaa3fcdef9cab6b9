// What `cluster:up` leaves for `cluster:down`: one folder with the kubeconfig and who runs the cluster.

import { readFileSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the background cluster, in the build folder of this repository. */
export const STATE_FOLDER = fileURLToPath(new URL('../../../cluster-state/', import.meta.url));

/** Path of the kubeconfig of the background cluster. */
export const KUBECONFIG = join(STATE_FOLDER, 'kubeconfig');

/** Path of what the background process prints. */
export const LOG = join(STATE_FOLDER, 'log');

const RUNNER = join(STATE_FOLDER, 'process.json');

/** The background process: its pid, and its start in clock ticks, which tells it from a later process of that pid. */
export interface Runner {
  readonly pid: number;
  readonly startTicks: string;
}

/** The background process, if it lives. */
export async function runningCluster(): Promise<Runner | undefined> {
  try {
    const runner = JSON.parse(await readFile(RUNNER, 'utf8')) as Runner;
    return startTicks(runner.pid) === runner.startTicks ? runner : undefined;
  } catch {
    return undefined;
  }
}

/** Leaves the kubeconfig, a `kubectl` that uses it, and this process's identity. */
export async function writeState(kubeconfig: string, kubectl: readonly string[]): Promise<void> {
  await mkdir(STATE_FOLDER, { recursive: true });
  await writeFile(KUBECONFIG, kubeconfig, { mode: 0o600 });
  const words = kubectl.map((word) => `'${word}'`).join(' ');
  await writeFile(join(STATE_FOLDER, 'kubectl'), `#!/bin/sh\nKUBECONFIG='${KUBECONFIG}' exec ${words} "$@"\n`, { mode: 0o755 });
  // Last: its presence says that the cluster is ready.
  await writeFile(RUNNER, JSON.stringify({ pid: process.pid, startTicks: startTicks(process.pid) }));
}

/** Removes everything that {@link writeState} left. */
export async function clearState(): Promise<void> {
  await rm(STATE_FOLDER, { recursive: true, force: true });
}

/** Field 22 of /proc/<pid>/stat; those behind the parenthesised name start at field 3. */
function startTicks(pid: number): string {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ')[19] ?? '';
}
