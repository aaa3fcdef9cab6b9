// The fixture: a Kubernetes cluster of real programs for one test file, gone when the test is.

import { execFile } from 'node:child_process';
import { cp, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { ImageMap } from './agent/image.js';
import { parseAuditLog, type AuditEvent } from './api/audit.js';
import { ApiClient, isNotFound } from './api/client.js';
import type { ApiList, ApiObject } from './api/objects.js';
import { findPrograms, type FoundPrograms, type ProgramName, type Programs } from './programs/programs.js';
import { readKubeconfig } from './sandbox/kubeconfig.js';
import { Sandbox } from './sandbox/launch.js';
import { AUDIT_LOG, CLUSTER_FOLDER, type AgentTiming, type ClusterUser, type ContainerAddress, type ProcessUsage } from './sandbox/messages.js';
import type { EndpointSlice } from './services/service-table.js';
import { whyNoSandbox } from './sandbox/unavailable.js';

/** How a test wants its cluster. */
export interface ClusterOptions {
  /** Commands that stand in for images; more can be added later. */
  readonly images?: ImageMap;
  /** Names of the Nodes; one called `node-1` when absent. */
  readonly nodes?: readonly string[];
  readonly timing?: Partial<AgentTiming>;
  /** Arguments added to the API server's, such as `--feature-gates=...`. */
  readonly apiServerArguments?: readonly string[];
  /** Has the API server write down every request, for `auditEvents()`. */
  readonly audit?: boolean;
}

/** A cluster, or why there is none on this machine. */
export type StartedCluster = { readonly kind: 'started'; readonly cluster: Cluster } | { readonly kind: 'unavailable'; readonly because: string };

/** First back-off of a restarting container in tests; a kubelet's is ten times as long. */
const DEFAULT_TIMING: AgentTiming = { restartBackoffMs: 1_000, tokenRefreshShare: 0.8 };

/** Pause between looks while waiting for an object, in milliseconds. */
const LOOK_MS = 150;

/** Longest wait for an object unless the test says otherwise, in milliseconds. */
const WAIT_MS = 60_000;

/** Output of kubectl larger than this is a mistake, in bytes. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** The programs for a cluster, or why this machine can have none. */
export async function prepareCluster(): Promise<FoundPrograms> {
  const because = await whyNoSandbox();
  return because === undefined ? findPrograms(process.env) : { kind: 'missing', because };
}

/**
 * Starts a cluster.
 *
 * @throws {Error} when the machine could run one and it does not come up
 */
export async function startCluster(options: ClusterOptions = {}): Promise<StartedCluster> {
  const found = await prepareCluster();
  if (found.kind === 'missing') return { kind: 'unavailable', because: found.because };
  const begun = Date.now();
  const sandbox = await Sandbox.launch();
  try {
    const { kubeconfig, startedMs } = await sandbox.ask({
      kind: 'start',
      settings: {
        programs: found.programs,
        prefix: sandbox.prefix,
        nodes: options.nodes ?? ['node-1'],
        images: options.images ?? {},
        timing: { ...DEFAULT_TIMING, ...options.timing },
        apiServerArguments: options.apiServerArguments ?? [],
        audit: options.audit ?? false,
      },
    });
    const path = sandbox.outside(kubeconfig);
    const client = new ApiClient(await readKubeconfig(path));
    return { kind: 'started', cluster: new Cluster(sandbox, { programs: found.programs, origin: found.origin, kubeconfig: path, client, startedMs: { ...startedMs, all: Date.now() - begun } }) };
  } catch (error) {
    await keepLogs(sandbox);
    await sandbox.stop();
    throw error;
  }
}

/** A running cluster. */
export class Cluster {
  /** The administrator's client. */
  readonly client: ApiClient;
  /** Path of the administrator's kubeconfig, readable while the cluster runs. */
  readonly kubeconfig: string;
  /** Where the programs came from, with the build time. */
  readonly origin: string;
  /** Milliseconds from the start until each part was ready. */
  readonly startedMs: Readonly<Record<string, number>>;
  readonly #sandbox: Sandbox;
  readonly #programs: Programs;

  constructor(sandbox: Sandbox, started: { programs: Programs; origin: string; kubeconfig: string; client: ApiClient; startedMs: Readonly<Record<string, number>> }) {
    this.#sandbox = sandbox;
    this.#programs = started.programs;
    this.client = started.client;
    this.kubeconfig = started.kubeconfig;
    this.origin = started.origin;
    this.startedMs = started.startedMs;
  }

  /** Address of this machine where Pods and the API server reach servers of the test process. */
  get hostAddress(): string {
    return this.#sandbox.hostAddress;
  }

  /** Pid of the first process of the cluster's namespaces. */
  get sandboxPid(): number {
    return this.#sandbox.initPid;
  }

  /** Words that start kubectl. */
  get kubectlCommand(): readonly string[] {
    return this.#programs.kubectl;
  }

  /** Runs kubectl as administrator, or with another kubeconfig, and returns what it printed. */
  kubectl(words: readonly string[], options: { input?: string; kubeconfig?: string } = {}): Promise<string> {
    const [command = 'kubectl', ...first] = this.#programs.kubectl;
    return new Promise((resolve, reject) => {
      const child = execFile(command, [...first, ...words], { maxBuffer: MAX_OUTPUT_BYTES, env: { ...process.env, KUBECONFIG: options.kubeconfig ?? this.kubeconfig } }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`kubectl ${words.join(' ')}: ${stderr.trim()}`));
      });
      child.stdin?.end(options.input ?? '');
    });
  }

  /** Applies a manifest: YAML text, or objects. */
  async apply(manifest: string | readonly object[]): Promise<void> {
    const input = typeof manifest === 'string' ? manifest : JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifest });
    await this.kubectl(['apply', '--server-side', '-f', '-'], { input });
  }

  /** Waits until the answer of a path satisfies a condition; an object that does not exist is undefined. */
  async until<Answer>(path: string, holds: (answer: Answer | undefined) => boolean, timeoutMs = WAIT_MS): Promise<Answer> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const answer = await this.read<Answer>(path);
      if (holds(answer)) return answer as Answer;
      if (Date.now() > deadline) throw new Error(`${path} did not become as wanted within ${timeoutMs} ms; last seen: ${answer === undefined ? 'nothing' : JSON.stringify(answer).slice(0, 4000)}`);
      await delay(LOOK_MS);
    }
  }

  /**
   * Waits until a Service has exactly so many ready endpoints.
   *
   * A Deployment is available a moment before that, and until then the API server cannot reach a webhook behind it.
   */
  async untilEndpoints({ namespace, service, ready }: { namespace: string; service: string; ready: number }): Promise<void> {
    const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3D${service}`;
    await this.until<ApiList<EndpointSlice>>(path, (list) => list?.items.flatMap(({ endpoints }) => endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false).length === ready);
  }

  /** Reads a path; undefined when there is no such object. */
  async read<Answer = ApiObject>(path: string): Promise<Answer | undefined> {
    try {
      return await this.client.get<Answer>(path);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** The log of a container's present run, or of the run before it. */
  logs({ namespace, pod, container }: ContainerAddress, previous = false): Promise<string> {
    return this.client.text(`/api/v1/namespaces/${namespace}/pods/${pod}/log?container=${container}${previous ? '&previous=true' : ''}`);
  }

  /** Adds commands that stand in for images, or replaces them for containers that start from now on. */
  async addImages(images: ImageMap): Promise<void> {
    await this.#sandbox.ask({ kind: 'add-images', images });
  }

  /** Sends a signal to the first process of a container. */
  async killContainer(container: ContainerAddress, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.#sandbox.ask({ kind: 'kill-container', container, signal });
  }

  /** Makes a Node fall silent; its containers go on running. */
  async stopNode(node = 'node-1'): Promise<void> {
    await this.#sandbox.ask({ kind: 'stop-node', node });
  }

  /** Lets a silent Node go on. */
  async startNode(node = 'node-1'): Promise<void> {
    await this.#sandbox.ask({ kind: 'start-node', node });
  }

  /** Ends a program of the control plane, as an outage. */
  async stopProgram(program: ProgramName): Promise<void> {
    await this.#sandbox.ask({ kind: 'stop-program', program });
  }

  /** Ends an outage; settles when the program is ready again. */
  async startProgram(program: ProgramName): Promise<void> {
    await this.#sandbox.ask({ kind: 'start-program', program });
  }

  /** Path of a kubeconfig for another user. */
  async kubeconfigFor(user: ClusterUser): Promise<string> {
    return this.#sandbox.outside((await this.#sandbox.ask({ kind: 'write-kubeconfig', user })).kubeconfig);
  }

  /** A client for another user. */
  async clientFor(user: ClusterUser): Promise<ApiClient> {
    return new ApiClient(await readKubeconfig(await this.kubeconfigFor(user)));
  }

  /** Memory and CPU of the control plane's programs and of the node agents. */
  usage(): Promise<readonly ProcessUsage[]> {
    return this.#sandbox.ask({ kind: 'read-usage' });
  }

  /** Log of a program of the control plane, such as `kube-apiserver`, as a path of this machine. */
  programLog(name: ProgramName): string {
    return this.#sandbox.outside(`${CLUSTER_FOLDER}/logs/${name}.log`);
  }

  /** Every request that the API server has answered so far; the cluster must have been asked for its audit log. */
  async auditEvents(): Promise<readonly AuditEvent[]> {
    return parseAuditLog(await readFile(this.#sandbox.outside(AUDIT_LOG), 'utf8'));
  }

  /** Ends everything; the promise settles when no process, namespace or file of the cluster is left. */
  async stop(): Promise<void> {
    this.client.close();
    await keepLogs(this.#sandbox);
    await this.#sandbox.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** Copies the programs' logs to WASMWARDEN_CLUSTER_LOGS, if set: the cluster's own files vanish with it. */
async function keepLogs(sandbox: Sandbox): Promise<void> {
  const target = process.env['WASMWARDEN_CLUSTER_LOGS'];
  if (target === undefined || target === '') return;
  await cp(sandbox.outside(`${CLUSTER_FOLDER}/logs`), target, { recursive: true }).catch(() => undefined);
}
