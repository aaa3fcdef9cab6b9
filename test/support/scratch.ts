// Folders that last as long as the test process.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const made: string[] = [];
process.on('exit', () => made.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** A new empty folder. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'wasmwarden-test-'));
  made.push(folder);
  return folder;
}
