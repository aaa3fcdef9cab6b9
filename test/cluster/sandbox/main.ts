// The process inside the sandbox: runs the control plane and the node agents, and takes orders over IPC.

import { readFile } from 'node:fs/promises';
import { NodeAgent } from '../agent/agent.js';
import { PodNetwork } from '../agent/pod-network.js';
import type { ImageMap } from '../agent/image.js';
import { ApiClient } from '../api/client.js';
import { startServiceNetwork } from '../services/service-network.js';
import { SERVICE_RANGE } from '../services/service-range.js';
import { credentialsOf } from './kubeconfig.js';
import { readCertificate } from './certificates.js';
import { ADMIN, ControlPlane } from './control-plane.js';
import { type Answers, type AnswerTo, type ClusterSettings, type ContainerAddress, type Order, type OrderEnvelope, type Reply } from './messages.js';
import { usageOf } from './usage.js';

/** Everything that runs, once started. */
interface Running {
  readonly plane: ControlPlane;
  readonly agents: ReadonlyMap<string, NodeAgent>;
  readonly images: Map<string, ImageMap[string]>;
}

/** First port of the Nodes' own servers, as a kubelet's. */
const FIRST_NODE_PORT = 10250;

let running: Running | undefined;

const begun = Date.now();

async function start(settings: ClusterSettings): Promise<Answers['start']> {
  const address = `${settings.prefix}.1`;
  const network = await PodNetwork.create(settings.prefix);
  const plane = await ControlPlane.start({ programs: settings.programs, address, apiServerArguments: settings.apiServerArguments, audit: settings.audit });
  const images = new Map(Object.entries(settings.images));
  const agents = new Map<string, NodeAgent>();
  for (const [index, name] of settings.nodes.entries()) {
    const access = await plane.access({ name: `system:node:${name}`, groups: ['system:nodes'] });
    const agent = new NodeAgent({
      name,
      address,
      port: FIRST_NODE_PORT + index,
      credentials: await credentialsOf(access),
      serving: await readCertificate(await plane.nodeCertificate(name, address)),
      clientAuthority: await readFile(plane.authority, 'utf8'),
      network,
      images,
      timing: settings.timing,
    });
    await agent.start();
    agents.set(name, agent);
  }
  const proxy = await plane.access({ name: 'system:kube-proxy', groups: [] });
  await startServiceNetwork(new ApiClient(await credentialsOf(proxy)), address, SERVICE_RANGE, new AbortController().signal);
  running = { plane, agents, images };
  plane.startedMs['node-agents'] = Date.now() - begun;
  return { kubeconfig: await plane.kubeconfig(ADMIN), startedMs: plane.startedMs };
}

/** What each order does to a running cluster. */
type Handlers = { readonly [Kind in Exclude<Order['kind'], 'start'>]: (running: Running, order: Extract<Order, { kind: Kind }>) => AnswerTo<Kind> | Promise<AnswerTo<Kind>> };

const HANDLERS: Handlers = {
  'add-images': ({ images }, order) => {
    for (const [name, image] of Object.entries(order.images)) images.set(name, image);
  },
  'write-kubeconfig': async ({ plane }, { user }) => ({ kubeconfig: await plane.kubeconfig(user) }),
  'kill-container': ({ agents }, { container, signal }) => killContainer(agents, container, signal),
  'stop-node': ({ agents }, { node }) => nodeNamed(agents, node).stop(),
  'start-node': ({ agents }, { node }) => nodeNamed(agents, node).start(),
  'stop-program': ({ plane }, { program }) => plane.stopProgram(program),
  'start-program': ({ plane }, { program }) => plane.startProgram(program),
  'read-usage': ({ plane }) => Promise.all([...plane.processes.map(({ name, pid }) => usageOf(name, pid)), usageOf('node-agent', process.pid)]),
};

async function carryOut(order: Order): Promise<unknown> {
  if (order.kind === 'start') return start(order.settings);
  if (running === undefined) throw new Error(`${order.kind}: the cluster is not started`);
  const handle = HANDLERS[order.kind] as (running: Running, order: Order) => unknown;
  return handle(running, order);
}

function killContainer(agents: ReadonlyMap<string, NodeAgent>, container: ContainerAddress, signal: NodeJS.Signals): void {
  if ([...agents.values()].some((agent) => agent.killContainer(container, signal))) return;
  throw new Error(`no such container runs: ${JSON.stringify(container)}`);
}

function nodeNamed(agents: ReadonlyMap<string, NodeAgent>, name: string): NodeAgent {
  const agent = agents.get(name);
  if (agent === undefined) throw new Error(`no Node is called ${name}`);
  return agent;
}

function reply(message: Reply): void {
  process.send?.(message);
}

process.on('message', ({ id, order }: OrderEnvelope) => {
  carryOut(order).then(
    (answer) => reply({ kind: 'done', id, answer }),
    (error: unknown) => reply({ kind: 'failed', id, message: error instanceof Error ? error.message : String(error) }),
  );
});

// The test process closed the channel, or died. The sandbox's first process waits for this one only; when it ends, the
// kernel kills every other process of the pid namespace and frees its mounts, networks and files.
process.on('disconnect', () => process.exit(0));

// Nothing reads the output once the test process is gone.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

reply({ kind: 'greeting', initPid: Number(process.env['WASMWARDEN_INIT_PID']) });
