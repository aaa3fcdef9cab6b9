import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { Fault } from '../../../lib/fault.js';
import { digestOf } from '../../../lib/oci/digest.js';
import { ModuleStore, parseStorable } from '../../../lib/source/module-store.js';
import type { SourceEvent } from '../../../lib/source/source-event.js';
import { faultOf } from '../../support/fault-of.js';
import { filesBelow, modulesBelow } from '../../support/file-tree.js';
import { breakingStream, moduleBytes, streamOf } from '../../support/modules.js';
import { rejectionOf } from '../../support/rejection.js';
import { scratchFolder } from '../../support/scratch.js';

const store = suite('source/module-store');

const one = parseStorable('registry://localhost:5000/team/p:v1');
const two = parseStorable('https://h.example/a/p.wasm');

function open() {
  const root = join(scratchFolder(), 'store');
  const events: SourceEvent[] = [];
  return { root, events, store: new ModuleStore({ root, onEvent: (event) => void events.push(event) }) };
}

/** Puts a file where the reference would. */
function place(root: string, path: string, bytes: Uint8Array | string): string {
  const full = join(root, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, bytes);
  return full;
}

store('a module is stored where the reference stores it, whole, and found', async () => {
  const { root, store: modules } = open();
  const bytes = moduleBytes(1, 5000);
  const written = await modules.write(one, streamOf(bytes));
  assert.equal(written, { path: join(root, 'registry/localhost:5000/team/p:v1'), digest: digestOf(bytes), bytes: 5000 });
  assert.equal(new Uint8Array(readFileSync(written.path)), bytes);
  assert.equal(await modules.find(one), { path: written.path, digest: digestOf(bytes), bytes: 5000 });
  assert.equal(modulesBelow(root), ['registry/localhost:5000/team/p:v1']);
});

store('what was never stored is not found', async () => {
  const { store: modules } = open();
  assert.is(await modules.find(one), undefined);
});

store('a module that the reference stored is found', async () => {
  const { root, store: modules } = open();
  place(root, 'registry/localhost:5000/team/p:v1', moduleBytes(1));
  assert.is((await modules.find(one))?.digest, digestOf(moduleBytes(1)));
});

const damages: readonly (readonly [string, (bytes: Uint8Array) => Uint8Array, string])[] = [
  ['a flipped bit', (bytes) => bytes.map((byte, index) => (index === 500 ? byte ^ 1 : byte)), 'it is not what was downloaded'],
  ['a missing end', (bytes) => bytes.subarray(0, 900), 'it is not what was downloaded'],
  ['nothing left', () => new Uint8Array(0), 'invalid wasm file'],
  ['a page instead', () => new TextEncoder().encode('<html>'), 'invalid wasm file'],
];
for (const [title, damage, because] of damages) {
  store(`a stored module with damage is not found, and that is told: ${title}`, async () => {
    const { store: modules, events } = open();
    const { path } = await modules.write(one, streamOf(moduleBytes(1)));
    writeFileSync(path, damage(readFileSync(path)));
    assert.is(await modules.find(one), undefined);
    assert.equal(events, [{ kind: 'stored-module-corrupted', path, because }]);
    await modules.write(one, streamOf(moduleBytes(1)));
    assert.is((await modules.find(one))?.digest, digestOf(moduleBytes(1)));
  });
}

store('a download that breaks leaves what was there before, and nothing else', async () => {
  const { root, store: modules } = open();
  const broken = new Fault('HTTP_INTERRUPTED', 'reset');
  assert.is(await rejectionOf(modules.write(one, breakingStream(moduleBytes(2), broken))), broken);
  assert.equal(filesBelow(root), []);
  await modules.write(one, streamOf(moduleBytes(1)));
  await rejectionOf(modules.write(one, breakingStream(moduleBytes(2), broken)));
  assert.is((await modules.find(one))?.digest, digestOf(moduleBytes(1)));
  assert.equal(modulesBelow(root), ['registry/localhost:5000/team/p:v1']);
});

store('a module appears only when it is complete', async () => {
  const { root, store: modules } = open();
  const seen: (readonly string[])[] = [];
  async function* watched() {
    yield* streamOf(moduleBytes(1));
    seen.push(filesBelow(join(root, 'registry')));
  }
  await modules.write(one, watched());
  assert.equal(seen, [[]]);
});

store('a newer module takes the place of an older one at once', async () => {
  const { store: modules, events } = open();
  await modules.write(one, streamOf(moduleBytes(1)));
  await modules.write(one, streamOf(moduleBytes(2)));
  assert.is((await modules.find(one))?.digest, digestOf(moduleBytes(2)));
  assert.equal(events, []);
});

store('writers of one module at the same time do not disturb each other', async () => {
  const { root, events } = open();
  const stores = [1, 2, 3, 4, 5, 6].map(() => new ModuleStore({ root }));
  await Promise.all(stores.map((modules, index) => modules.write(one, streamOf(moduleBytes(index, 200_000)))));
  const reader = new ModuleStore({ root, onEvent: (event) => void events.push(event) });
  assert.ok(await reader.find(one));
  assert.equal(events, []);
  assert.equal(modulesBelow(root), ['registry/localhost:5000/team/p:v1']);
});

store('modules are listed by the URI they were pulled from', async () => {
  const { root, store: modules } = open();
  await modules.write(two, streamOf(moduleBytes(2)));
  await modules.write(one, streamOf(moduleBytes(1)));
  place(root, 'registry/not a module', 'x');
  place(root, 'registry/ghcr.io/p:v1', 'not wasm');
  place(root, 'file/etc/x', moduleBytes(3));
  place(root, 'other', moduleBytes(4));
  symlinkSync('/etc/passwd', join(root, 'registry/link'));
  assert.equal(
    (await modules.list()).map(({ uri, digest }) => [uri, digest]),
    [
      ['https://h.example/a/p.wasm', digestOf(moduleBytes(2))],
      ['registry://localhost:5000/team/p:v1', digestOf(moduleBytes(1))],
    ],
  );
});

store('a store that does not exist lists nothing', async () => {
  assert.equal(await open().store.list(), []);
});

store('a module is found by the beginning of its digest', async () => {
  const { store: modules } = open();
  await modules.write(one, streamOf(moduleBytes(1)));
  await modules.write(two, streamOf(moduleBytes(2)));
  const hex = digestOf(moduleBytes(1)).slice('sha256:'.length);
  assert.is((await modules.findByDigest(hex.slice(0, 12))).uri, one.uri);
  assert.is((await rejectionOf(modules.findByDigest('no hex'))).message, 'Cannot find policy with uri: no hex');
  assert.is((await rejectionOf(modules.findByDigest(''))).code, 'MODULE_NOT_FOUND');
});

store('a beginning that several modules share is refused', async () => {
  const { store: modules } = open();
  for (let seed = 0; seed < 20; seed += 1) await modules.write(parseStorable(`registry://h.example/p:v${seed}`), streamOf(moduleBytes(seed)));
  const digits = (await modules.list()).map(({ digest }) => digest.slice('sha256:'.length)[0] ?? '');
  const shared = digits.find((digit, index) => digits.indexOf(digit) !== index) ?? '';
  const fault = await rejectionOf(modules.findByDigest(shared));
  assert.is(fault.message, `multiple policies found with the same prefix: ${shared}`);
});

store('one module under two names is no conflict', async () => {
  const { store: modules } = open();
  await modules.write(one, streamOf(moduleBytes(1)));
  await modules.write(two, streamOf(moduleBytes(1)));
  assert.is((await modules.findByDigest(digestOf(moduleBytes(1)).slice(7, 14))).digest, digestOf(moduleBytes(1)));
});

store('removal takes the module, its records and the folders it leaves empty', async () => {
  const { root, store: modules } = open();
  const neighbour = parseStorable('registry://localhost:5000/other:v1');
  await modules.write(one, streamOf(moduleBytes(1)));
  await modules.write(neighbour, streamOf(moduleBytes(2)));
  await modules.remove(modules.pathOf(one));
  assert.is(await modules.find(one), undefined);
  assert.ok(await modules.find(neighbour));
  await modules.remove(modules.pathOf(neighbour));
  assert.equal(filesBelow(root), []);
  assert.throws(() => readFileSync(join(root, 'registry')), /ENOENT/);
  assert.is((await rejectionOf(modules.remove(modules.pathOf(one)))).code, 'MODULE_NOT_FOUND');
});

store('a root that cannot be written is a sentence with the path in it', async () => {
  const { root, store: modules } = open();
  rmSync(root, { recursive: true, force: true });
  writeFileSync(root, 'a file where the folder should be');
  const fault = await rejectionOf(modules.write(one, streamOf(moduleBytes(1))));
  assert.is(fault.code, 'STORE_WRITE_FAILED');
  assert.is(fault.message, `wasm module cannot be save to "${modules.pathOf(one)}": a part of the path is no folder (ENOTDIR)`);
});

store('a module where a folder is needed is a sentence too', async () => {
  const { root, store: modules } = open();
  await modules.write(parseStorable('https://h.example/a'), streamOf(moduleBytes(1)));
  const fault = await rejectionOf(modules.write(two, streamOf(moduleBytes(2))));
  assert.match(fault.message, `wasm module cannot be save to "${modules.pathOf(two)}"`);
  assert.equal(modulesBelow(root), ['https/h.example/a']);
});

store('a local file is not in the store', () => {
  assert.is(faultOf(() => parseStorable('file:///x.wasm')).code, 'LOCATION_INVALID');
});

store.run();
