// Tests of folders that change all at once.

import { mkdtemp, readFile, readdir, readlink, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeAtomicFolder } from './atomic-folder.js';

const folders = suite<{ folder: string }>('cluster/agent/volume/atomic-folder', { folder: '' });

folders.before.each(async (context) => void (context.folder = await mkdtemp(join(tmpdir(), 'atomic-folder-'))));
folders.after.each(({ folder }) => rm(folder, { recursive: true }));

const files = (contents: Readonly<Record<string, string>>): Map<string, { content: Buffer; mode: number }> => new Map(Object.entries(contents).map(([path, text]) => [path, { content: Buffer.from(text), mode: 0o640 }]));

folders('shows files through the ..data link, with their modes', async ({ folder }) => {
  await writeAtomicFolder(folder, files({ a: 'one', 'deep/b': 'two' }));
  assert.equal([await readFile(join(folder, 'a'), 'utf8'), await readFile(join(folder, 'deep/b'), 'utf8'), await readlink(join(folder, 'a'))], ['one', 'two', '..data/a']);
  assert.is((await stat(join(folder, 'a'))).mode & 0o777, 0o640);
});

folders('moves to a new version, drops files that are gone, and removes the old version', async ({ folder }) => {
  await writeAtomicFolder(folder, files({ a: 'one', b: 'gone soon' }));
  const before = await readlink(join(folder, '..data'));
  await writeAtomicFolder(folder, files({ a: 'changed', c: 'new' }));
  const names = await readdir(folder);
  assert.is(await readFile(join(folder, 'a'), 'utf8'), 'changed');
  assert.not(names.includes('b') || names.includes(before) || names.includes('..data_tmp'));
  assert.ok(names.includes('c'));
});

folders.run();
