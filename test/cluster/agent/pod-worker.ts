// Everything one Pod needs on its Node, from binding to removal.

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient } from '../api/client.js';
import type { Container, Pod } from '../api/objects.js';
import { ContainerRunner, NotLaunchable, type RunnerSurroundings } from './container-runner.js';
import type { ContainerLaunch } from './container-script.js';
import { recordEvent } from './events.js';
import type { Image } from './image.js';
import { containerLaunch } from './launch.js';
import type { ContainerLog } from './node-server.js';
import type { ObjectCache } from './object-cache.js';
import type { PodLink, PodNetwork } from './pod-network.js';
import { podStatus, type PodSituation } from './pod-status.js';
import type { RunFiles } from './termination-message.js';
import { confirmDeletion, StatusWriter, type WriteGate } from './status-writer.js';
import { PodTokens } from './volume/pod-tokens.js';
import { PodVolumes } from './volume/pod-volumes.js';

/** What a Pod uses of its Node. */
export interface PodSurroundings {
  readonly node: { readonly name: string; readonly address: string };
  readonly client: ApiClient;
  readonly network: PodNetwork;
  readonly images: ReadonlyMap<string, Image>;
  readonly objects: ObjectCache;
  readonly gate: WriteGate;
  /** Variables of every container. */
  readonly clusterEnvironment: Readonly<Record<string, string>>;
  readonly restartBackoffMs: number;
  readonly tokenRefreshShare: number;
  /** Folder of the Node's Pods. */
  readonly folder: string;
}

/** Pause before volumes or a network that could not be made are tried again, in milliseconds. */
const RETRY_MS = 1_000;

/** Runs one Pod. */
export class PodWorker {
  readonly #around: PodSurroundings;
  readonly #startedAt = new Date();
  readonly #stop = new AbortController();
  readonly #changes = new EventTarget();
  readonly #writer: StatusWriter;
  readonly #tokens: PodTokens;
  readonly #runs: Promise<void>;
  #pod: Pod;
  #volumes: PodVolumes | undefined;
  #link: PodLink | undefined;
  #runners: ContainerRunner[] = [];
  #failure: { reason: string; message: string } | undefined;
  #waiting: { reason: string; message?: string } = { reason: 'ContainerCreating' };
  #over = false;
  #removal: Promise<void> | undefined;

  constructor(pod: Pod, around: PodSurroundings) {
    this.#pod = pod;
    this.#around = around;
    this.#writer = new StatusWriter(around.client, around.gate, pod, () => podStatus(this.#situation()));
    this.#tokens = new PodTokens(around.client, around.tokenRefreshShare, () => this.#refreshVolumes());
    this.#runners = [...(pod.spec.initContainers ?? []).map((container) => this.#runner(container, container.restartPolicy === 'Always' ? 'sidecar' : 'init')), ...pod.spec.containers.map((container) => this.#runner(container, 'app'))];
    this.#runs = this.#live();
  }

  /** Takes a new version of the Pod; a deletion begins its end. */
  update(pod: Pod): void {
    this.#pod = pod;
    if (pod.metadata.deletionTimestamp !== undefined) void this.remove(pod.metadata.deletionGracePeriodSeconds ?? 30);
    else this.#refreshVolumes();
  }

  /** Ends the Pod within its grace period and removes it from the API. */
  remove(graceSeconds: number): Promise<void> {
    // A deletion by force overtakes one that is still in its grace period.
    if (this.#removal !== undefined && graceSeconds === 0) for (const runner of this.#runners) runner.kill('SIGKILL');
    this.#removal ??= this.#remove(graceSeconds);
    return this.#removal;
  }

  /** Signals a container; false when it does not run here. */
  kill(container: string, signal: NodeJS.Signals): boolean {
    return this.#runners.some((runner) => runner.container.name === container && runner.kill(signal));
  }

  /** The log of a container's present run, or of the one before it; undefined for an unknown container. */
  log(container: string, previous: boolean): ContainerLog | undefined {
    const runner = this.#runners.find((candidate) => candidate.container.name === container);
    if (runner === undefined) return undefined;
    const run = runner.restartCount - (previous ? 1 : 0);
    return { path: this.#files(runner.container, run).log, live: () => runner.restartCount === run && runner.state.kind === 'running' };
  }

  /** The Pod as last seen. */
  get pod(): Pod {
    return this.#pod;
  }

  get #folder(): string {
    return join(this.#around.folder, this.#pod.metadata.uid);
  }

  async #live(): Promise<void> {
    const { activeDeadlineSeconds } = this.#pod.spec;
    const deadline = activeDeadlineSeconds === undefined ? undefined : setTimeout(() => this.#expire(), activeDeadlineSeconds * 1000);
    try {
      await this.#prepare();
      await this.#runContainers();
    } finally {
      clearTimeout(deadline);
    }
    await this.#release();
    this.#over = true;
    this.#changed();
  }

  /** Network and volumes, as often as it takes. */
  async #prepare(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.#changed();
      try {
        await mkdir(this.#folder, { recursive: true });
        if (this.#pod.spec.hostNetwork !== true) this.#link ??= await this.#around.network.attach(this.#pod.metadata.uid);
        const facts = { podAddress: this.#address(), nodeAddress: this.#around.node.address };
        this.#volumes ??= new PodVolumes({ folder: this.#folder, facts, objects: this.#around.objects, tokens: this.#tokens, onChange: () => this.#refreshVolumes() });
        await this.#volumes.update(this.#pod);
        return;
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        if (this.#waiting.message !== message) recordEvent(this.#around.client, this.#pod, this.#around.node.name, { type: 'Warning', reason: 'FailedMount', message });
        this.#waiting = { reason: 'ContainerCreating', message };
        await delay(RETRY_MS, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      }
    }
  }

  async #runContainers(): Promise<void> {
    const sidecars: Promise<void>[] = [];
    for (const runner of this.#runners.filter(({ role }) => role !== 'app')) {
      if (this.#stop.signal.aborted) break;
      const run = runner.run();
      if (runner.role === 'sidecar') {
        sidecars.push(run);
        await runner.untilStarted(this.#changes);
        continue;
      }
      await run;
      if (runner.state.kind !== 'terminated' || runner.state.exitCode !== 0) {
        await this.#stopAll('sidecar', 0);
        await Promise.all(sidecars);
        return;
      }
    }
    if (!this.#stop.signal.aborted) await Promise.all(this.#runners.filter(({ role }) => role === 'app').map((runner) => runner.run()));
    await this.#stopAll('sidecar', this.#pod.spec.terminationGracePeriodSeconds ?? 30);
    await Promise.all(sidecars);
  }

  async #stopAll(role: ContainerRunner['role'], graceSeconds: number): Promise<void> {
    await Promise.all(this.#runners.filter((runner) => runner.role === role).map((runner) => runner.stop(graceSeconds)));
  }

  /** Sidecars outlive the containers they serve. */
  async #end(graceSeconds: number): Promise<void> {
    this.#stop.abort();
    await Promise.all([this.#stopAll('app', graceSeconds), this.#stopAll('init', graceSeconds)]);
    await this.#stopAll('sidecar', graceSeconds);
    await this.#runs;
  }

  async #remove(graceSeconds: number): Promise<void> {
    await this.#end(graceSeconds);
    await this.#writer.settled();
    if (this.#pod.metadata.deletionTimestamp !== undefined) await confirmDeletion(this.#around.client, this.#around.gate, this.#pod);
    await rm(this.#folder, { recursive: true, force: true });
  }

  #expire(): void {
    this.#failure = { reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' };
    void this.#end(this.#pod.spec.terminationGracePeriodSeconds ?? 30);
  }

  /** Gives back what a Pod without containers does not need. */
  async #release(): Promise<void> {
    this.#tokens.close();
    this.#around.objects.release(this.#pod.metadata.uid);
    await this.#around.network.detach(this.#pod.metadata.uid);
  }

  /** Brings the volumes of running containers up to date. */
  #refreshVolumes(): void {
    const volumes = this.#volumes;
    if (volumes === undefined || this.#stop.signal.aborted || this.#over) return;
    // A missing object keeps the files it had, as with a kubelet.
    volumes.update(this.#pod).catch(() => undefined);
  }

  #runner(container: Container, role: ContainerRunner['role']): ContainerRunner {
    const surroundings: RunnerSurroundings = {
      pod: () => this.#pod,
      address: () => this.#address(),
      restartBackoffMs: this.#around.restartBackoffMs,
      launch: (wanted, run) => this.#launch(wanted, run),
      files: (wanted, run) => this.#files(wanted, run),
      onChange: () => this.#changed(),
      onEvent: (type, reason, message) => recordEvent(this.#around.client, this.#pod, this.#around.node.name, { type, reason, message }),
    };
    return new ContainerRunner(container, role, surroundings);
  }

  async #launch(container: Container, run: number): Promise<ContainerLaunch> {
    const image = this.#around.images.get(container.image);
    if (image === undefined) throw new NotLaunchable('ErrImagePull', `no command is mapped to image "${container.image}"`);
    const volumes = this.#volumes;
    if (volumes === undefined) throw new NotLaunchable('ContainerCreating', 'the volumes are not ready');
    const files = this.#files(container, run);
    await mkdir(dirname(files.message), { recursive: true });
    await writeFile(files.message, '');
    return containerLaunch(container, {
      pod: this.#pod,
      image,
      volumes,
      link: this.#link,
      facts: { podAddress: this.#address(), nodeAddress: this.#around.node.address },
      objects: this.#around.objects,
      onChange: () => this.#refreshVolumes(),
      clusterEnvironment: this.#around.clusterEnvironment,
      nameserver: this.#around.network.gateway,
      folder: join(this.#folder, 'containers', container.name, 'root'),
      files,
    });
  }

  #files(container: Container, run: number): RunFiles {
    const base = join(this.#folder, 'containers', container.name);
    return { message: join(base, `${run}.termination-log`), log: join(base, `${run}.log`) };
  }

  #address(): string {
    return this.#pod.spec.hostNetwork === true ? this.#around.node.address : (this.#link?.address ?? '');
  }

  #changed(): void {
    this.#changes.dispatchEvent(new Event('change'));
    this.#writer.touch();
  }

  #situation(): PodSituation {
    if (this.#waiting.message !== undefined) for (const runner of this.#runners) if (runner.state.kind === 'waiting' && runner.state.reason === 'PodInitializing') runner.state = { kind: 'waiting', ...this.#waiting };
    const address = this.#address();
    return {
      pod: this.#pod,
      nodeAddress: this.#around.node.address,
      podAddress: address === '' ? undefined : address,
      startedAt: this.#startedAt,
      runners: this.#runners,
      failure: this.#failure,
      over: this.#over,
      now: new Date(),
    };
  }
}
