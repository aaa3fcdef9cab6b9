// The process behind `cluster:up`: holds a cluster until it is told to end.
//
//   node background.js [file with images as JSON]

import { readFile } from 'node:fs/promises';
import type { ImageMap } from '../agent/image.js';
import { startCluster } from '../cluster.js';
import { clearState, writeState } from './state.js';

const [, , imagesFile] = process.argv;
const images = imagesFile === undefined ? {} : (JSON.parse(await readFile(imagesFile, 'utf8')) as ImageMap);
const outcome = await startCluster({ images });
if (outcome.kind === 'unavailable') {
  process.stdout.write(`no cluster: ${outcome.because}\n`);
  process.exitCode = 1;
} else {
  const { cluster } = outcome;
  await writeState(await readFile(cluster.kubeconfig, 'utf8'), cluster.kubectlCommand);
  process.stdout.write(`ready after ${cluster.startedMs['all'] ?? 0} ms, programs: ${cluster.origin}\n`);
  const end = (): void => {
    void cluster.stop().then(clearState).finally(() => process.exit(0));
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
}
