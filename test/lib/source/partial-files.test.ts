// What killed processes leave behind, with a process that really is killed while it downloads.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { ModuleStore, parseStorable } from '../../../lib/source/module-store.js';
import { partialName, removeAbandoned } from '../../../lib/source/partial-files.js';
import { filesBelow, modulesBelow } from '../../support/file-tree.js';
import { moduleBytes, streamOf } from '../../support/modules.js';
import { scratchFolder } from '../../support/scratch.js';
import { startWebServer } from '../../support/web-server.js';

const partial = suite('source/partial-files');

const now = Date.parse('2026-06-01T12:00:00Z');
const incarnation = '00000000-0000-0000-0000-000000000000';

const cases: readonly (readonly [string, string, number, boolean])[] = [
  ['of this process', partialName(), 120, true],
  ['of an earlier process with the number of this one', `${process.pid}.${incarnation}.1@${hostname()}.partial`, 0, false],
  ['of a process that lives', `${process.ppid}.${incarnation}.1@${hostname()}.partial`, 120, true],
  ['of a process that is gone', `4194305.${incarnation}.1@${hostname()}.partial`, 0, false],
  ['of another host, young', `1.${incarnation}.1@elsewhere.partial`, 59, true],
  ['of another host, old', `1.${incarnation}.1@elsewhere.partial`, 61, false],
  ['of nobody we know', 'something else', 120, true],
];
for (const [title, name, ageMinutes, stays] of cases) {
  partial(`a file ${title} ${stays ? 'stays' : 'goes'}`, async () => {
    const folder = scratchFolder();
    const path = join(folder, name);
    writeFileSync(path, '');
    const then = new Date(now - ageMinutes * 60_000);
    utimesSync(path, then, then);
    await removeAbandoned(folder, now);
    assert.is(readdirSync(folder).length, stays ? 1 : 0);
  });
}

partial('a folder that is not there holds nothing', async () => {
  await removeAbandoned('/nowhere/at/all', now);
});

partial('a process that is killed in mid-download leaves nothing that counts, and the next one cleans up', async () => {
  const root = scratchFolder();
  await using server = await startWebServer((_request, response) => {
    response.writeHead(200, { 'content-length': '100000' });
    response.write(moduleBytes(1, 50_000));
  });
  const program = `
    import { createModuleFetcher, createSourceClients, machinePlatform, ModuleStore } from 'wasmwarden/source';
    const access = () => ({ insecure: true, plainCredentials: false, authorities: [] });
    const clients = createSourceClients({ sources: { access, proxies: { except: [] } } });
    const fetcher = createModuleFetcher({ clients, store: new ModuleStore({ root: ${JSON.stringify(root)} }), platform: machinePlatform(), onEvent: ({ kind }) => kind === 'fetch-progressed' && console.log(kind) });
    await fetcher.fetch('${server.origin}/p.wasm');
  `;
  const child = spawn(process.execPath, ['--conditions=@wasmwarden/source', '--input-type=module', '--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.equal(filesBelow(join(root, 'http')), []);
  assert.is(filesBelow(join(root, '.partial')).length, 1);
  const store = new ModuleStore({ root });
  assert.equal(await store.list(), []);
  await store.write(parseStorable('registry://h.example/p:v1'), streamOf(moduleBytes(1)));
  assert.equal(modulesBelow(root), ['registry/h.example/p:v1']);
});

partial.run();
