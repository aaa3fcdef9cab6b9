// A process that starts a cluster with one running Pod, says where it is, and waits to be killed.

import { startCluster } from '../cluster.js';

const outcome = await startCluster({ images: { 'example.test/shell:v1': { entrypoint: ['sh', '-c'] } } });
if (outcome.kind === 'started') {
  const { cluster } = outcome;
  await cluster.apply([
    { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'left-behind', namespace: 'default' }, spec: { containers: [{ name: 'main', image: 'example.test/shell:v1', args: ['echo up; exec sleep 600'] }] } },
  ]);
  await cluster.until<{ status?: { phase?: string } }>('/api/v1/namespaces/default/pods/left-behind', (pod) => pod?.status?.phase === 'Running');
  process.stdout.write(`${cluster.sandboxPid} ${cluster.hostAddress}\n`);
  // The channel to the sandbox keeps this process alive.
}
