// Programs that some tests need and not every machine has. Where CI=true is set, a missing one is a failure.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Tells whether every program is on the PATH; where one is not, says in one line what is skipped. */
export function haveTools(names: readonly string[], skipped: string): boolean {
  const missing = names.filter((name) => !isOnPath(name));
  if (missing.length === 0) return true;
  const message = `${skipped}: ${missing.join(', ')} not found on the PATH`;
  if (process.env['CI'] === 'true') throw new Error(message);
  console.log(`skipped: ${message}`);
  return false;
}

function isOnPath(name: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
