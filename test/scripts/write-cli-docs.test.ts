import { spawnSync } from 'node:child_process';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const docs = suite('scripts/write-cli-docs');

docs('docs/cli.md is what the command says', () => {
  const { status, stderr } = spawnSync(process.execPath, ['--conditions=@wasmwarden/source', 'scripts/write-cli-docs.mjs', '--check'], { encoding: 'utf8' });
  assert.is(stderr, '');
  assert.is(status, 0);
});

docs.run();
