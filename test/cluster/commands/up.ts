// `npm run cluster:up [-- images.json]`: starts a cluster in the background and says how to use it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { KUBECONFIG, LOG, runningCluster, STATE_FOLDER } from './state.js';

const BACKGROUND = fileURLToPath(new URL('./background.js', import.meta.url));
const POLL_MS = 200;

/** Starts the background process and waits until its cluster is ready or it has ended. */
async function up(words: readonly string[]): Promise<boolean> {
  if ((await runningCluster()) !== undefined) return true;
  await mkdir(STATE_FOLDER, { recursive: true });
  const log = openSync(LOG, 'w');
  const child = spawn(process.execPath, ['--enable-source-maps', BACKGROUND, ...words], { detached: true, stdio: ['ignore', log, log] });
  const ended = once(child, 'exit').then(() => 'ended');
  while ((await runningCluster()) === undefined) {
    if ((await Promise.race([ended, delay(POLL_MS, 'wait')])) === 'ended') return false;
  }
  child.unref();
  return true;
}

if (await up(process.argv.slice(2))) {
  process.stdout.write(`${await readFile(LOG, 'utf8')}
The cluster runs until "npm run cluster:down".

  export KUBECONFIG=${KUBECONFIG}
  ${join(STATE_FOLDER, 'kubectl')} get nodes
`);
} else {
  process.stdout.write(await readFile(LOG, 'utf8'));
  process.exitCode = 1;
}
