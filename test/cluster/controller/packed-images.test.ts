// The product as its images hold it: packed code and installed dependencies instead of a working tree, started as the Containerfiles say.

import { join } from 'node:path';

import * as assert from 'uvu/assert';

import { followContainerfile } from '../../support/containerfile.js';
import type { ImageMap } from '../agent/image.js';
import { clusterSuite } from '../cluster-suite.js';
import { clusterPolicy, enforced, install, pod, pullSecretObject, refusal, sources, startPolicyRegistry, type PolicyRegistry } from './bench.js';

const packed = async (integration: string): Promise<ImageMap[string]> => {
  const { root, entrypoint, environment, workingFolder } = await followContainerfile(integration);
  return { entrypoint: entrypoint.map((word) => (word === 'node' ? process.execPath : word)), environment, workingFolder, contents: { '/app': join(root, 'app') } };
};

const images = {
  'ghcr.io/wasmwarden/controller:latest': await packed('k8s-controller'),
  'ghcr.io/wasmwarden/policy-server:latest': await packed('webhook-server'),
};
const { test, after, run } = await clusterSuite('cluster/controller/packed-images', { images });

let registry: PolicyRegistry | undefined;

test('what the images hold is installed, and enforces a policy from a registry behind a password', async (cluster) => {
  registry = await startPolicyRegistry(cluster);
  await install(cluster);
  await cluster.apply([pullSecretObject(registry)]);
  await cluster.kubectl(['patch', 'ps', 'default', '--type=merge', '-p', JSON.stringify({ spec: sources(registry) })]);
  await cluster.apply([clusterPolicy('privileged-pods', { module: registry.moduleOf('pod-privileged') })]);
  await enforced(cluster, 'privileged-pods');
  assert.match((await refusal(cluster, pod('bad', { privileged: true }))) ?? '', /Privileged container is not allowed/);
  assert.is(await refusal(cluster, pod('good')), undefined);
});

after(async () => registry?.[Symbol.asyncDispose]());

run();
