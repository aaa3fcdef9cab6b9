// Where a path of a container really is, once the symbolic links of the machine's root are followed.

import { lstat, readlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/** More links than this in one path are a loop (as in the kernel). */
const MAX_LINKS = 40;

/**
 * Follows the links of each existing part of an absolute path; what does not exist stays as written.
 *
 * A mount point such as `/var/run/secrets` lies below a link (`/var/run` -> `/run`), which a script outside the
 * container's root would follow out of it.
 */
export async function resolveMountPath(path: string): Promise<string> {
  let pending = resolve('/', path).split('/').filter((part) => part !== '');
  let walked = '/';
  let links = 0;
  while (pending.length > 0) {
    const [part = '', ...rest] = pending;
    const next = join(walked, part);
    const target = await linkTarget(next);
    if (target === undefined) {
      walked = next;
      pending = rest;
      continue;
    }
    links += 1;
    if (links > MAX_LINKS) throw new Error(`too many symbolic links in ${path}`);
    pending = [...resolve(dirname(next), target).split('/').filter((word) => word !== ''), ...rest];
    walked = '/';
  }
  return walked;
}

async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path) : undefined;
  } catch {
    return undefined;
  }
}
