#!/usr/bin/env node
// Walks docs/walkthrough.md on a fresh test cluster and writes down what its commands printed. A test walks it too and compares, so run
// this after a change of the document, and read what it wrote.
//
//   npm run build && npm run fixtures && npm run docs:walkthrough

import { readFileSync, writeFileSync } from 'node:fs';

import { startCluster } from '../build/test/cluster/cluster.js';
import { images, startPolicyRegistry } from '../build/test/cluster/controller/bench.js';
import { Reader, stepsOf, walkthroughPath, withOutputs } from '../build/test/cluster/controller/walkthrough.js';

const outcome = await startCluster({ images });
if (outcome.kind === 'unavailable') throw new Error(`The walkthrough is walked on a test cluster, and there is none: ${outcome.because}`);
const { cluster } = outcome;
const registry = await startPolicyRegistry(cluster);
const reader = await Reader.at(cluster, registry);
try {
  const markdown = readFileSync(walkthroughPath, 'utf8');
  const outputs = [];
  for (const step of stepsOf(markdown)) {
    const output = await reader.take(step);
    if (step.kind !== 'run') continue;
    process.stdout.write(`$ ${step.command}\n${output}`);
    outputs.push(output);
  }
  writeFileSync(walkthroughPath, withOutputs(markdown, outputs));
} finally {
  await reader[Symbol.asyncDispose]();
  await registry[Symbol.asyncDispose]();
  await cluster.stop();
}
