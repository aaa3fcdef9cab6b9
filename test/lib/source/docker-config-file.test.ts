import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { dockerConfigFolder, readDockerConfig } from '../../../lib/source/docker-config-file.js';
import { rejectionOf } from '../../support/rejection.js';
import { scratchFolder } from '../../support/scratch.js';

const dockerConfigFile = suite('source/docker-config-file');

dockerConfigFile('the folder is the one named, or in the home', () => {
  assert.is(dockerConfigFolder({ DOCKER_CONFIG: '/d', HOME: '/h' }), '/d');
  assert.is(dockerConfigFolder({ DOCKER_CONFIG: '', HOME: '/h' }), '/h/.docker');
  assert.is(dockerConfigFolder({}), undefined);
});

dockerConfigFile('a folder without a configuration has no credentials', async () => {
  assert.equal(await readDockerConfig(scratchFolder()), {});
  assert.equal(await readDockerConfig(undefined), {});
});

dockerConfigFile('a configuration is read', async () => {
  const folder = scratchFolder();
  writeFileSync(join(folder, 'config.json'), '{"credsStore":"pass"}');
  assert.equal(await readDockerConfig(folder), { credsStore: 'pass' });
});

for (const [title, text, found] of [
  ['no JSON', '{"auths": hunter2', 'it is no JSON document'],
  ['another document', '{"auths": "hunter2"}', "unexpected content at 'auths'"],
] as const) {
  dockerConfigFile(`${title} is told by the file's name and without its content`, async () => {
    const folder = scratchFolder();
    writeFileSync(join(folder, 'config.json'), text);
    const fault = await rejectionOf(readDockerConfig(folder));
    assert.is(fault.code, 'DOCKER_CONFIG_INVALID');
    assert.is(fault.message, `cannot read the registry credentials in ${join(folder, 'config.json')}: ${found}`);
    assert.not.match(JSON.stringify([fault, fault.stack, String(fault.cause)]), 'hunter2');
  });
}

dockerConfigFile('a configuration that cannot be read is told', async () => {
  const folder = scratchFolder();
  mkdirSync(join(folder, 'config.json'));
  assert.match((await rejectionOf(readDockerConfig(folder))).message, 'EISDIR');
});

dockerConfigFile.run();
