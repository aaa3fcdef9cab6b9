// Real processes: small shell scripts on a PATH of the test's own.
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { runCredentialHelper } from '../../../lib/oci/credential-helper.js';
import { scratchFolder } from '../../support/scratch.js';

const helper = suite('oci/credential-helper');

const folder = scratchFolder();
process.env['PATH'] = `${folder}:${process.env['PATH'] ?? ''}`;

function script(name: string, body: string): void {
  const path = join(folder, `docker-credential-${name}`);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
}

async function ask(name: string, signal = new AbortController().signal): Promise<string> {
  try {
    const { username, secret } = await runCredentialHelper(name, 'r.example:5000', signal);
    return `${username}/${secret}`;
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
}

script('works', 'read -r server; echo "{\\"ServerURL\\":\\"$server\\",\\"Username\\":\\"$1\\",\\"Secret\\":\\"$server\\"}"');
script('fails', 'echo secret; echo secret >&2; exit 1');
script('babbles', 'echo secret');
script('floods', 'yes secret');
script('hangs', 'exec sleep 60');
script('deaf', 'exec <&-; echo "{\\"Username\\":\\"u\\",\\"Secret\\":\\"s\\"}"');

const cases: readonly (readonly [string, string, string])[] = [
  ['is given the verb and, on its input, the server', 'works', 'get/r.example:5000'],
  ['that does not listen is still heard', 'deaf', 'u/s'],
  ['that fails is told without its output', 'fails', "the credential helper 'docker-credential-fails' failed"],
  ['that says something else is told without its output', 'babbles', "the credential helper 'babbles' answered no credentials"],
  ['that says too much is stopped', 'floods', "the credential helper 'docker-credential-floods' failed"],
  ['that does not exist is told', 'missing', "the credential helper 'docker-credential-missing' could not be run"],
];
for (const [title, name, expected] of cases) {
  helper(`a helper ${title}`, async () => assert.is(await ask(name), expected));
}

helper('a helper that hangs ends with the caller', async () => {
  const leaver = new AbortController();
  const asked = ask('hangs', leaver.signal);
  leaver.abort();
  assert.is(await asked, "the credential helper 'docker-credential-hangs' was given up");
});

helper.run();
