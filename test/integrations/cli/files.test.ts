import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { documentRole, isFile, readAll, readFile, writeWhole } from '../../../integrations/cli/src/files.js';
import { isFault } from '../../../lib/fault.js';
import { Folder } from './cli-process.js';

const files = suite('cli/files');
const folder = new Folder();
files.after(() => folder.remove());
const role = { name: 'the text', maxBytes: 10 };

/** The message of the fault a promise rejects with. */
async function refusal(promise: Promise<unknown>): Promise<string> {
  const thrown = await promise.then(() => undefined, (reason: unknown) => reason);
  if (!isFault(thrown)) throw new Error('expected a fault', { cause: thrown });
  return thrown.message;
}

files('reads a file up to its size', async () => {
  assert.equal(Buffer.from(await readFile(folder.file('ten', '0123456789'), role)).toString(), '0123456789');
  const eleven = folder.file('eleven', '0123456789x');
  assert.is(await refusal(readFile(eleven, role)), `Cannot read the text from '${eleven}': it has more than 10 bytes.`);
});

files('stops reading a stream that does not end', async () => {
  const endless = Readable.from((function* () {
    for (;;) yield Buffer.alloc(4);
  })());
  assert.is(await refusal(readAll(endless, role, 'standard input')), 'Cannot read the text from standard input: it has more than 10 bytes.');
  assert.ok(endless.destroyed);
});

files('tells why a file cannot be read', async () => {
  symlinkSync(`${folder.path}/loop`, `${folder.path}/loop`);
  const reasons: Readonly<Record<string, string>> = { missing: 'there is no such file or folder', 'ten/below': 'there is no such file or folder', '': 'it is a folder', loop: 'its symbolic links lead in a circle', ['x'.repeat(300)]: 'its name is too long' };
  for (const [name, reason] of Object.entries(reasons)) {
    const path = `${folder.path}/${name}`;
    assert.is(await refusal(readFile(path, role)), `Cannot read the text from '${path}': ${reason}.`);
  }
});

files('tells files from folders', async () => {
  assert.is(await isFile(folder.path), false);
  assert.is(await isFile(`${folder.path}/missing`), false);
  assert.is(await isFile(folder.file('there', '')), true);
});

files('writes whole and leaves nothing beside', async () => {
  const path = folder.file('written', 'old');
  await writeWhole(path, 'new');
  assert.is(readFileSync(path, 'utf8'), 'new');
  await writeWhole(`${folder.path}/fresh`, Buffer.from('fresh'));
  assert.is(readFileSync(`${folder.path}/fresh`, 'utf8'), 'fresh');
  assert.not.ok(readdirSync(folder.path).some((name) => name.startsWith('.wasmwarden-')));
});

files('writes through a symbolic link, which stays one', async () => {
  const path = folder.file('linked', 'old');
  const link = `${folder.path}/link`;
  symlinkSync('linked', link);
  await writeWhole(link, 'new');
  assert.ok(lstatSync(link).isSymbolicLink());
  assert.is(readFileSync(path, 'utf8'), 'new');
});

files('writes to a pipe, as to any device, and does not put a file in its place', async () => {
  const pipe = `${folder.path}/pipe`;
  execFileSync('mkfifo', [pipe]);
  const [read] = await Promise.all([readFile(pipe, role), writeWhole(pipe, 'through')]);
  assert.is(Buffer.from(read).toString(), 'through');
  assert.ok(lstatSync(pipe).isFIFO());
});

files('keeps what was there when it cannot write, and leaves nothing beside', async () => {
  const target = `${folder.path}/occupied`;
  mkdirSync(target);
  writeFileSync(`${target}/inside`, 'kept');
  assert.match(await refusal(writeWhole(target, 'new')), `Cannot write '${target}': `);
  assert.ok(existsSync(`${target}/inside`));
  assert.match(await refusal(writeWhole(`${folder.path}/missing/file`, 'new')), 'there is no such file or folder.');
  assert.not.ok(readdirSync(folder.path).some((name) => name.startsWith('.wasmwarden-')));
});

files('bounds texts for humans at 2 MiB', () => assert.equal(documentRole('the settings'), { name: 'the settings', maxBytes: 2 ** 21 }));

files.run();
