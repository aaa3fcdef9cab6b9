// Tests of where mount points really are.

import { mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { resolveMountPath } from './mount-path.js';

const paths = suite('cluster/agent/mount-path');

paths('follows links of parents, relative and absolute, and keeps what does not exist', async () => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'mount-path-')));
  try {
    await mkdir(join(folder, 'real'));
    await symlink('real', join(folder, 'relative'));
    await symlink(join(folder, 'relative'), join(folder, 'absolute'));
    await symlink('loop', join(folder, 'loop'));
    assert.is(await resolveMountPath(join(folder, 'absolute/not/there')), join(folder, 'real/not/there'));
    assert.is(await resolveMountPath('/no/such/../thing/'), '/no/thing');
    assert.match(await resolveMountPath(join(folder, 'loop/x')).then(String, String), 'too many symbolic links');
  } finally {
    await rm(folder, { recursive: true });
  }
});

paths.run();
