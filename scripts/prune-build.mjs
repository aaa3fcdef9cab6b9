#!/usr/bin/env node
// After `tsc`: removes what an earlier build wrote for sources that are gone, so that no test of theirs runs and nobody imports them.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

for (const root of ['lib', 'integrations', 'test']) {
  if (!existsSync(`build/${root}`)) continue;
  for (const name of readdirSync(`build/${root}`, { recursive: true, encoding: 'utf8' })) {
    const source = `${root}/${name.replace(/\.(d\.ts|js|js\.map)$/, '.ts')}`;
    if (source.endsWith('.ts') && !existsSync(source)) rmSync(`build/${root}/${name}`);
  }
}
