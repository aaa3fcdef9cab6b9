// What a container leaves as its last words.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Container } from '../api/objects.js';

/** Longest message, as a kubelet's. */
const MAX_FILE_BYTES = 4096;

/** Longest message taken from a log, as a kubelet's. */
const MAX_LOG_BYTES = 2048;
const MAX_LOG_LINES = 80;

/** Where the files of one run are; the log lies next to the message. */
export interface RunFiles {
  readonly message: string;
  readonly log: string;
}

/** The termination message of a run that ended with this exit code. */
export function terminationMessage(container: Container, files: RunFiles, exitCode: number): string {
  const written = part(files.message, MAX_FILE_BYTES, () => 0);
  if (written !== '' || container.terminationMessagePolicy !== 'FallbackToLogsOnError' || exitCode === 0) return written;
  return lastBytes(files.log, MAX_LOG_BYTES).split('\n').slice(-MAX_LOG_LINES).join('\n');
}

/** The last bytes of a file as text; empty when there is none. */
export function lastBytes(path: string, bytes: number): string {
  return part(path, bytes, (size) => Math.max(0, size - bytes));
}

function part(path: string, bytes: number, from: (size: number) => number): string {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return '';
  }
  try {
    const buffer = Buffer.alloc(bytes);
    return buffer.toString('utf8', 0, readSync(file, buffer, 0, bytes, from(fstatSync(file).size)));
  } finally {
    closeSync(file);
  }
}
