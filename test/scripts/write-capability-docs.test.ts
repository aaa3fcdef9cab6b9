import { spawnSync } from 'node:child_process';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const docs = suite('scripts/write-capability-docs');

docs('docs/capabilities.md is what the catalogue says', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/write-capability-docs.mjs', '--check'], { encoding: 'utf8' });
  assert.is(stderr, '');
  assert.is(status, 0);
});

docs.run();
