// docs/walkthrough.md, walked: every command prints what the document says.

import { readFileSync } from 'node:fs';

import * as assert from 'uvu/assert';

import { clusterSuite } from '../cluster-suite.js';
import { images, startPolicyRegistry } from './bench.js';
import { comparable, Reader, stepsOf, walkthroughPath } from './walkthrough.js';

const { test, run } = await clusterSuite('cluster/controller/walkthrough', { images });

test('the walkthrough goes from an empty cluster to enforced policies and back, and prints what it says', async (cluster) => {
  await using registry = await startPolicyRegistry(cluster);
  await using reader = await Reader.at(cluster, registry);
  const steps = stepsOf(readFileSync(walkthroughPath, 'utf8'));
  assert.ok(steps.filter(({ kind }) => kind === 'run').length > 40);
  for (const step of steps) {
    const printed = await reader.take(step);
    if (step.kind === 'run') assert.is(comparable(printed), comparable(step.output), `$ ${step.command}`);
  }
});

run();
