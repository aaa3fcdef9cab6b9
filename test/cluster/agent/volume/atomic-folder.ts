// Replaces all files of a folder at once, the way a kubelet does: readers see the old set or the new one.
//
// `<file>` -> `..data/<file>`, and `..data` -> a folder named after the time; an update renames a new `..data` over the
// old one. Programs that follow their configuration watch for exactly that.

import { mkdir, readdir, readlink, rename, rm, symlink, writeFile, chmod } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { VolumeFiles } from './files.js';

/** Makes a folder hold exactly these files. */
export async function writeAtomicFolder(folder: string, files: VolumeFiles): Promise<void> {
  await mkdir(folder, { recursive: true });
  const version = `..${new Date().toISOString().replaceAll(/[-:TZ]/g, '_')}${process.hrtime.bigint() % 1_000_000n}`;
  await mkdir(join(folder, version));
  for (const [path, { content, mode }] of files) {
    await mkdir(dirname(join(folder, version, path)), { recursive: true });
    await writeFile(join(folder, version, path), content);
    await chmod(join(folder, version, path), mode);
  }
  const previous = await readlink(join(folder, '..data')).catch(() => undefined);
  await symlink(version, join(folder, '..data_tmp'));
  await rename(join(folder, '..data_tmp'), join(folder, '..data'));
  await linkNames(folder, files);
  if (previous !== undefined) await rm(join(folder, previous), { recursive: true, force: true });
}

/** Keeps one link per first path segment, and removes links whose files are gone. */
async function linkNames(folder: string, files: VolumeFiles): Promise<void> {
  const wanted = new Set([...files.keys()].map((path) => path.split('/')[0] ?? path));
  const present = (await readdir(folder)).filter((name) => !name.startsWith('..'));
  for (const name of present) if (!wanted.has(name)) await rm(join(folder, name), { force: true });
  for (const name of wanted) if (!present.includes(name)) await symlink(join('..data', name), join(folder, name));
}
