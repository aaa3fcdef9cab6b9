import { createServer, type AddressInfo } from 'node:net';

import { isFault } from 'wasmwarden';
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { parseConfig } from '../../../integrations/webhook-server/src/config.js';
import { openPorts, type OpenPorts } from '../../../integrations/webhook-server/src/ports.js';
import { apiLimits } from '../../../integrations/webhook-server/src/sockets/api-limits.js';
import { createLog } from '../../../integrations/webhook-server/src/telemetry/log.js';
import { createMetrics } from '../../../integrations/webhook-server/src/telemetry/metrics.js';
import { http1Client } from '../../support/policy-server/clients.js';

const ports = suite('webhook-server/ports');

let isAlive = true;

function opened(flags: Record<string, string>): Promise<OpenPorts> {
  const { config } = parseConfig({ flags: { 'addr': '127.0.0.1', 'port': '0', 'readiness-probe-port': '0', ...flags }, env: {} });
  const metrics = createMetrics({ occupancy: () => ({ waiting: 0, running: 0 }), bufferedBytes: () => 0, stuckWorkers: () => 0 });
  const parts = { config, tls: undefined, limits: apiLimits, log: createLog(config.log, () => undefined) };
  return openPorts(parts, { listener: (_request, response) => response.end(), metrics, isAlive: () => isAlive });
}

async function close(open: OpenPorts): Promise<void> {
  await open.closeApi(0);
  await open.closeProbes();
}

const statusOf = async (port: number, path: string): Promise<number> => {
  using client = http1Client({ port });
  return (await client.send({ path, method: 'GET' })).status;
};

ports('readiness and liveness answer on a port of their own, each for itself', async () => {
  const open = await opened({});
  const { readinessPort } = open;
  assert.equal([await statusOf(readinessPort, '/readiness'), await statusOf(readinessPort, '/livez')], [200, 200]);
  open.setUnready();
  assert.equal([await statusOf(readinessPort, '/readiness'), await statusOf(readinessPort, '/livez')], [503, 200]);
  isAlive = false;
  assert.is(await statusOf(readinessPort, '/livez'), 503);
  await close(open);
});

ports('there is no port for metrics unless it is asked for', async () => {
  const without = await opened({});
  assert.is(without.metricsPort, undefined);
  await close(without);
  const open = await opened({ 'metrics-port': '0' });
  assert.is(await statusOf(open.metricsPort ?? 0, '/metrics'), 200);
  await close(open);
});

for (const option of ['port', 'readiness-probe-port', 'metrics-port']) {
  ports(`when the ${option} is taken, what was opened before is closed again`, async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;
    // Fixed ports for the others, so that it can be seen that they are free again.
    const others = await opened({ 'metrics-port': '0' });
    const fixed = { 'port': String(others.port), 'readiness-probe-port': String(others.readinessPort), 'metrics-port': String(others.metricsPort) };
    await close(others);
    const thrown: unknown = await opened({ ...fixed, [option]: String(port) }).then(
      () => undefined,
      (error: unknown) => error,
    );
    assert.ok(isFault(thrown, 'PORT_UNAVAILABLE'), String(thrown));
    assert.match(thrown.message, 'EADDRINUSE');
    await new Promise((resolve) => taken.close(resolve));
    await close(await opened(fixed));
  });
}

ports.run();
