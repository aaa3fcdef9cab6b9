import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import fc from 'fast-check';
import { pack } from 'tar-stream';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { digestOf } from '../../../lib/oci/digest.js';
import { type ArchiveLimits, defaultArchiveLimits, loadArchive, saveArchive } from '../../../lib/source/archive.js';
import { ModuleStore, parseStorable } from '../../../lib/source/module-store.js';
import { filesBelow } from '../../support/file-tree.js';
import { moduleBytes, streamOf } from '../../support/modules.js';
import { rejectionOf } from '../../support/rejection.js';
import { scratchFolder } from '../../support/scratch.js';

const archive = suite('source/archive');

type EntryKind = 'file' | 'link' | 'symlink' | 'directory' | 'character-device' | 'fifo' | 'contiguous-file';
interface Entry {
  readonly name: string;
  readonly type?: EntryKind;
  readonly bytes?: Uint8Array;
}

const good: Entry = { name: 'registry/h.example/good:v1', bytes: moduleBytes(1) };

/** A tar archive of entries, not gzipped. */
async function tarOf(entries: readonly Entry[]): Promise<Buffer> {
  const packed = pack();
  for (const { name, type = 'file', bytes = new Uint8Array(0) } of entries) {
    if (type === 'file') packed.entry({ name, type }, Buffer.from(bytes));
    else packed.entry({ name, type, linkname: '/etc/passwd' });
  }
  packed.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of packed) if (chunk instanceof Uint8Array) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Loads bytes as an archive into an empty store. */
function load(bytes: Uint8Array, limits: Partial<ArchiveLimits> = {}) {
  const folder = scratchFolder();
  const path = join(folder, 'archive.tar.gz');
  writeFileSync(path, bytes);
  const root = join(folder, 'store');
  const result = loadArchive(new ModuleStore({ root }), path, { ...defaultArchiveLimits, ...limits });
  return { result, path, root, left: async () => result.then(() => filesBelow(root), () => filesBelow(root)) };
}

archive('what is saved is loaded again, with the digests of each module', async () => {
  const root = join(scratchFolder(), 'store');
  const store = new ModuleStore({ root });
  const uris = ['registry://localhost:5000/team/p:v1', `registry://h.example/${'long/'.repeat(30)}p:v1`, 'https://h.example/a/p.wasm?sig=secret'];
  const written = await Promise.all(uris.map((uri, index) => store.write(parseStorable(uri), streamOf(moduleBytes(index)))));
  const path = join(root, '..', 'saved.tar.gz');
  await saveArchive(store, written.map((file) => file.path), path);
  const other = new ModuleStore({ root: join(scratchFolder(), 'store') });
  assert.is((await loadArchive(other, path)).length, 3);
  const listed = await other.list();
  assert.equal(listed.map(({ digest }) => digest).sort(), written.map(({ digest }) => digest).sort());
  for (const uri of uris) {
    const found = await other.find(parseStorable(uri));
    writeFileSync(found?.path ?? '', moduleBytes(9));
    assert.is(await other.find(parseStorable(uri)), undefined);
  }
});

archive('the same modules give the same archive', async () => {
  const root = join(scratchFolder(), 'store');
  const store = new ModuleStore({ root });
  const { path } = await store.write(parseStorable('registry://h.example/p:v1'), streamOf(moduleBytes(1)));
  const saved = await Promise.all([1, 2].map(async (number) => {
    const target = join(root, '..', `${number}.tar.gz`);
    await saveArchive(store, [path], target);
    return readFileSync(target);
  }));
  assert.equal(saved[0], saved[1]);
});

archive('a module that is not there is told, and no archive is left', async () => {
  const folder = scratchFolder();
  const store = new ModuleStore({ root: join(folder, 'store') });
  for (const path of [store.pathOf(parseStorable('registry://h.example/p:v1')), '/etc/passwd']) {
    const fault = await rejectionOf(saveArchive(store, [path], join(folder, 'out.tar.gz')));
    assert.is(fault.code, 'MODULE_NOT_FOUND');
    assert.is(fault.message, `cannot save ${path}: there is no such policy in the store`);
  }
  assert.equal(filesBelow(folder), []);
});

archive('an archive that cannot be written is told', async () => {
  const store = new ModuleStore({ root: join(scratchFolder(), 'store') });
  const { path } = await store.write(parseStorable('registry://h.example/p:v1'), streamOf(moduleBytes(1)));
  assert.is((await rejectionOf(saveArchive(store, [path], join(path, 'out.tar.gz')))).code, 'STORE_WRITE_FAILED');
});

const hostileEntries: readonly (readonly [string, Entry, string])[] = [
  ['a path that climbs', { ...good, name: 'registry/../../../../etc/cron.d/x' }, 'is not at a path of the store'],
  ['a path that climbs within the store', { ...good, name: 'registry/h.example/../.digests/x' }, 'is not at a path of the store'],
  ['an absolute path', { ...good, name: '/etc/cron.d/x' }, 'is not at a path of the store'],
  ['a path with a dot in front', { ...good, name: './registry/h.example/x:v1' }, 'is not at a path of the store'],
  ['a path outside of the schemes', { ...good, name: '.partial/x' }, 'is not at a path of the store'],
  ['a host that climbs', { ...good, name: 'https/../x' }, 'is not at a path of the store'],
  ['a name without a tag', { ...good, name: 'registry/h.example/x' }, 'is not at a path of the store'],
  ['a line break in a name', { ...good, name: 'registry/h.example/x:v1\nregistry' }, 'is not at a path of the store'],
  ['a symbolic link', { name: 'registry/h.example/x:v1', type: 'symlink' }, 'is no regular file but a symlink'],
  ['a hard link', { name: 'registry/h.example/x:v1', type: 'link' }, 'is no regular file but a link'],
  ['a device', { name: 'registry/h.example/x:v1', type: 'character-device' }, 'is no regular file but a character-device'],
  ['a pipe', { name: 'registry/h.example/x:v1', type: 'fifo' }, 'is no regular file but a fifo'],
  ['a folder', { name: 'registry/h.example/', type: 'directory' }, 'is no regular file but a directory'],
  ['a file that is no module', { name: 'registry/h.example/x:v1', bytes: new TextEncoder().encode('#!/bin/sh') }, 'invalid wasm file'],
  ['an empty file', { name: 'registry/h.example/x:v1' }, 'invalid wasm file'],
  ['a module given twice', good, 'it holds registry://h.example/good:v1 twice'],
];
for (const [title, entry, found] of hostileEntries) {
  archive(`an archive with ${title} is refused whole`, async () => {
    const { result, path, left } = load(gzipSync(await tarOf([good, entry])));
    const fault = await rejectionOf(result);
    assert.is(fault.code, 'ARCHIVE_INVALID');
    assert.match(fault.message, `cannot load the archive ${path}: `);
    assert.match(fault.message, found);
    assert.equal(await left(), []);
  });
}

archive('too many modules', async () => {
  const entries = [1, 2, 3].map((seed) => ({ name: `registry/h.example/p:v${seed}`, bytes: moduleBytes(seed) }));
  assert.is((await load(gzipSync(await tarOf(entries)), { maxEntries: 3 }).result).length, 3);
  const { result, left } = load(gzipSync(await tarOf(entries)), { maxEntries: 2 });
  assert.match((await rejectionOf(result)).message, 'it holds more than 2 modules');
  assert.equal(await left(), []);
});

archive('a module that is too large', async () => {
  const { result, left } = load(gzipSync(await tarOf([good])), { maxEntryBytes: 999 });
  assert.match((await rejectionOf(result)).message, 'is larger than 999 bytes');
  assert.equal(await left(), []);
});

archive('a small archive that unpacks to a large one', async () => {
  const bomb = gzipSync(await tarOf([{ name: good.name, bytes: moduleBytes(1, 8).length === 8 ? Buffer.concat([moduleBytes(1, 8), Buffer.alloc(5_000_000)]) : moduleBytes(1) }]));
  assert.ok(bomb.byteLength < 10_000);
  const { result, left } = load(bomb, { maxTotalBytes: 1_000_000 });
  assert.match((await rejectionOf(result)).message, 'it unpacks to more than 1000000 bytes');
  assert.equal(await left(), []);
});

const damaged: readonly (readonly [string, (whole: Buffer) => Uint8Array])[] = [
  ['no archive', () => randomBytes(1000)],
  ['an empty file', () => new Uint8Array(0)],
  ['an archive cut in its compression', (whole) => gzipSync(whole).subarray(0, -20)],
  ['an archive cut in a module', (whole) => gzipSync(whole.subarray(0, 900))],
  ['compressed noise', () => gzipSync(randomBytes(2000))],
];
for (const [title, damage] of damaged) {
  archive(`refused: ${title}`, async () => {
    const { result, left } = load(damage(await tarOf([good])));
    const fault = await rejectionOf(result);
    assert.is(fault.code, 'ARCHIVE_INVALID');
    assert.match(fault.message, 'it is no gzipped tar archive, or it is cut off');
    assert.equal(await left(), []);
  });
}

archive('an archive is not saved in the place of what is no regular file', async () => {
  const pipe = join(scratchFolder(), 'pipe');
  execFileSync('mkfifo', [pipe]);
  const fault = await rejectionOf(saveArchive(new ModuleStore({ root: '/nowhere' }), [], pipe));
  assert.is(fault.message, `cannot write to "${pipe}": it is no regular file`);
  assert.ok(lstatSync(pipe).isFIFO());
});

archive('an archive that is not there', async () => {
  const fault = await rejectionOf(loadArchive(new ModuleStore({ root: '/nowhere' }), '/nowhere.tar.gz'));
  assert.is(fault.message, 'cannot load the archive /nowhere.tar.gz: there is no such file or folder (ENOENT)');
});

archive('an archive that is damaged anywhere is loaded whole or refused whole', async () => {
  const whole = await tarOf([good, { name: 'registry/h.example/second:v1', bytes: moduleBytes(2) }]);
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.byteLength - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
      const broken = Buffer.from(whole);
      broken[at] = (broken[at] ?? 0) ^ flip;
      const { result, left } = load(gzipSync(broken));
      const count = await result.then((uris) => uris.length, () => 0);
      const modules = (await left()).filter((path) => !path.startsWith('.digests'));
      assert.is(modules.length, count);
      assert.ok(modules.every((path) => path.startsWith('registry/h.')));
    }),
    { seed: 4, numRuns: 200 },
  );
});

archive('an archive holds the digest of what was saved', async () => {
  const { result, root } = load(gzipSync(await tarOf([good])));
  await result;
  const found = await new ModuleStore({ root }).find(parseStorable('registry://h.example/good:v1'));
  assert.is(found?.digest, digestOf(moduleBytes(1)));
});

archive.run();
