// One container of a Pod through all its runs: start, probes, exit, back-off, stop.

import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Container, Pod } from '../api/objects.js';
import { ContainerProcess, type ContainerExit } from './container-process.js';
import type { ContainerLaunch } from './container-script.js';
import { tryAction } from './probe/probe-action.js';
import { runProbes } from './probe/prober.js';
import { RestartBackoff, restarts, type ContainerRole } from './restart.js';
import { terminationMessage, type RunFiles } from './termination-message.js';

/** A container's state in the API's words, before it is written as status. */
export type ContainerState =
  | { readonly kind: 'waiting'; readonly reason: string; readonly message?: string }
  | { readonly kind: 'running'; readonly startedAt: Date }
  | TerminatedState;

/** A finished run. */
export interface TerminatedState {
  readonly kind: 'terminated';
  readonly exitCode: number;
  readonly reason: string;
  readonly message: string;
  readonly startedAt: Date;
  readonly finishedAt: Date;
  readonly containerId: string;
}

/** Why a container cannot be launched yet, in a kubelet's words. */
export class NotLaunchable extends Error {
  override readonly name = 'NotLaunchable';
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** What a runner needs from its Pod. */
export interface RunnerSurroundings {
  /** The Pod as it is now. */
  readonly pod: () => Pod;
  /** The Pod's address. */
  readonly address: () => string;
  readonly restartBackoffMs: number;
  /** Works out a run; throws {@link NotLaunchable} while something is missing. */
  readonly launch: (container: Container, run: number) => Promise<ContainerLaunch>;
  readonly files: (container: Container, run: number) => RunFiles;
  readonly onChange: () => void;
  readonly onEvent: (type: 'Normal' | 'Warning', reason: string, message: string) => void;
}

/** Pause before a container that could not be launched is tried again, in milliseconds. */
const LAUNCH_RETRY_MS = 1_000;

/** Runs one container until it is stopped or has ended for good. */
export class ContainerRunner {
  readonly container: Container;
  readonly role: ContainerRole;
  state: ContainerState = { kind: 'waiting', reason: 'PodInitializing' };
  lastTermination: TerminatedState | undefined;
  restartCount = 0;
  ready = false;
  started = false;
  /** Whether the container will not run again. */
  finished = false;
  readonly #around: RunnerSurroundings;
  readonly #backoff: RestartBackoff;
  readonly #stop = new AbortController();
  #process: ContainerProcess | undefined;
  #ending = false;

  constructor(container: Container, role: ContainerRole, around: RunnerSurroundings) {
    this.container = container;
    this.role = role;
    this.#around = around;
    this.#backoff = new RestartBackoff(around.restartBackoffMs);
  }

  /** Name of the present or latest run, unique in the cluster. */
  get containerId(): string {
    return `process://${this.#around.pod().metadata.uid}-${this.container.name}-${this.restartCount}`;
  }

  #isStopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Runs the container as often as its Pod wants; settles when it will not run again. */
  async run(): Promise<void> {
    while (!this.#isStopped()) {
      const process = await this.#launch();
      if (process === undefined) continue;
      const exit = await this.#live(process);
      this.#record(process, exit);
      if (this.#isStopped() || !restarts(this.#around.pod(), this.role, exit.exitCode)) break;
      await this.#waitForRestart(exit.finishedAt.getTime() - process.startedAt.getTime());
    }
    this.finished = true;
    this.#around.onChange();
  }

  /** Ends the container for good: preStop hook, SIGTERM, and SIGKILL when the grace period is over. */
  async stop(graceSeconds: number): Promise<void> {
    this.#stop.abort();
    await this.#end(graceSeconds);
  }

  /** Sends a signal to the running container; false when none runs. */
  kill(signal: NodeJS.Signals): boolean {
    if (this.#process === undefined) return false;
    this.#process.signal(signal);
    return true;
  }

  async #launch(): Promise<ContainerProcess | undefined> {
    try {
      const launch = await this.#around.launch(this.container, this.restartCount);
      if (this.#isStopped()) return undefined;
      return await ContainerProcess.start(launch);
    } catch (error) {
      const reason = error instanceof NotLaunchable ? error.reason : 'CreateContainerError';
      const message = error instanceof Error ? error.message : String(error);
      if (this.state.kind !== 'waiting' || this.state.message !== message) this.#around.onEvent('Warning', 'Failed', `Error: ${message}`);
      this.#enter({ kind: 'waiting', reason, message });
      await this.#pause(LAUNCH_RETRY_MS);
      return undefined;
    }
  }

  /** From the start of the command to its end, with hooks and probes. */
  async #live(process: ContainerProcess): Promise<ContainerExit> {
    this.#process = process;
    this.#ending = false;
    const probing = new AbortController();
    this.#enter({ kind: 'running', startedAt: process.startedAt });
    // A stop that came while the namespaces were being made found no process to end.
    if (this.#isStopped()) void this.#end(0);
    const target = { container: this.container, process, address: this.#around.address() };
    const postStart = this.container.lifecycle?.postStart;
    if (postStart !== undefined) await tryAction(postStart, target, LAUNCH_RETRY_MS * 30);
    const probes = runProbes(
      target,
      {
        onStarted: () => this.#set({ started: true }),
        onReady: (ready) => this.#set({ ready }),
        onFailure: (which, message) => this.#around.onEvent('Warning', 'Unhealthy', `${which} probe failed: ${message}`),
        onDead: (which, message) => {
          this.#around.onEvent('Warning', 'Unhealthy', `${which} probe failed: ${message}`);
          this.#around.onEvent('Normal', 'Killing', `Container ${this.container.name} failed ${which.toLowerCase()} probe, will be restarted`);
          void this.#end(this.#around.pod().spec.terminationGracePeriodSeconds ?? 30);
        },
      },
      probing.signal,
    );
    const exit = await process.exit;
    probing.abort();
    await probes;
    this.#process = undefined;
    return exit;
  }

  #record(process: ContainerProcess, exit: ContainerExit): void {
    const { startedAt } = process;
    const reason = exit.startError !== undefined ? 'StartError' : exit.exitCode === 0 ? 'Completed' : 'Error';
    const message = exit.startError ?? terminationMessage(this.container, this.#around.files(this.container, this.restartCount), exit.exitCode);
    this.ready = false;
    this.started = false;
    this.#enter({ kind: 'terminated', exitCode: exit.exitCode, reason, message, startedAt, finishedAt: exit.finishedAt, containerId: this.containerId });
  }

  async #waitForRestart(ranMs: number): Promise<void> {
    if (this.state.kind === 'terminated') this.lastTermination = this.state;
    const waitMs = this.#backoff.next(ranMs);
    if (waitMs > 0) {
      const message = `back-off ${Math.round(waitMs / 1000)}s restarting failed container=${this.container.name} pod=${this.#around.pod().metadata.name}`;
      this.#around.onEvent('Warning', 'BackOff', message);
      this.#enter({ kind: 'waiting', reason: 'CrashLoopBackOff', message });
      await this.#pause(waitMs);
    }
    if (!this.#isStopped()) this.restartCount += 1;
  }

  async #end(graceSeconds: number): Promise<void> {
    const process = this.#process;
    if (process === undefined || this.#ending) return;
    this.#ending = true;
    const deadline = Date.now() + graceSeconds * 1000;
    const preStop = this.container.lifecycle?.preStop;
    if (preStop !== undefined && graceSeconds > 0) {
      await Promise.race([tryAction(preStop, { container: this.container, process, address: this.#around.address() }, graceSeconds * 1000), process.exit]);
    }
    process.signal(graceSeconds > 0 ? 'SIGTERM' : 'SIGKILL');
    const patience = new AbortController();
    await Promise.race([process.exit, delay(Math.max(0, deadline - Date.now()), undefined, { signal: patience.signal }).catch(() => undefined)]);
    patience.abort();
    process.signal('SIGKILL');
    await process.exit;
  }

  #enter(state: ContainerState): void {
    this.state = state;
    this.#around.onChange();
  }

  #set(flags: { started?: boolean; ready?: boolean }): void {
    if (flags.started !== undefined) this.started = flags.started;
    if (flags.ready !== undefined) this.ready = flags.ready;
    this.#around.onChange();
  }

  async #pause(ms: number): Promise<void> {
    if (!this.#isStopped()) await delay(ms, undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }

  /** Waits until the container has started (as its startup probe says) or will not run again. */
  async untilStarted(changes: EventTarget): Promise<void> {
    while (!this.started && !this.finished) await once(changes, 'change');
  }
}
