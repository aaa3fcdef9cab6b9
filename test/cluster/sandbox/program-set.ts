// The control plane's processes: started, awaited, stopped and started again.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ProgramName, Programs } from '../programs/programs.js';

/** A program that is not ready by then has failed, in milliseconds; two busy cores need a few seconds. */
const READY_TIMEOUT_MS = 120_000;
const POLL_MS = 100;

interface Started {
  readonly words: readonly string[];
  readonly ready: () => Promise<boolean>;
  child: ChildProcess;
}

/** Runs each program at most once; output goes to `<folder>/logs/<name>.log`. */
export class ProgramSet {
  readonly #programs: Programs;
  readonly #folder: string;
  readonly #started = new Map<ProgramName, Started>();

  constructor(programs: Programs, folder: string) {
    this.#programs = programs;
    this.#folder = folder;
  }

  /** Starts a program and waits until `ready` says so; a probe that throws says no. */
  async start(name: ProgramName, words: readonly string[], ready: () => Promise<boolean>): Promise<void> {
    this.#started.set(name, { words, ready, child: this.#spawn(name, words) });
    await this.#untilReady(name);
  }

  /** Ends a program at once, as a crash: an API server that is asked to end waits long for its watchers. */
  async stop(name: ProgramName): Promise<void> {
    const { child } = this.#get(name);
    if (hasEnded(child)) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  /** Starts a stopped program as it was, and waits until it is ready. */
  async restart(name: ProgramName): Promise<void> {
    const started = this.#get(name);
    if (hasEnded(started.child)) started.child = this.#spawn(name, started.words);
    await this.#untilReady(name);
  }

  /** The running programs with their pids. */
  pids(): { name: ProgramName; pid: number }[] {
    return [...this.#started].flatMap(([name, { child }]) => (child.pid === undefined || hasEnded(child) ? [] : [{ name, pid: child.pid }]));
  }

  #get(name: ProgramName): Started {
    const started = this.#started.get(name);
    if (started === undefined) throw new Error(`${name} was never started`);
    return started;
  }

  #spawn(name: ProgramName, words: readonly string[]): ChildProcess {
    const [command = name, ...first] = this.#programs[name];
    const log = openSync(join(this.#folder, 'logs', `${name}.log`), 'a');
    const child = spawn(command, [...first, ...words], { stdio: ['ignore', log, log], cwd: this.#folder });
    closeSync(log);
    child.on('error', (error) => process.stderr.write(`${name}: ${error.message}\n`));
    return child;
  }

  async #untilReady(name: ProgramName): Promise<void> {
    const { child, ready } = this.#get(name);
    const deadline = Date.now() + READY_TIMEOUT_MS;
    while (!(await ready().catch(() => false))) {
      if (hasEnded(child)) throw new Error(`${name} ended before it was ready; WASMWARDEN_CLUSTER_LOGS=<folder> keeps its log`);
      if (Date.now() > deadline) throw new Error(`${name} was not ready within ${READY_TIMEOUT_MS} ms; WASMWARDEN_CLUSTER_LOGS=<folder> keeps its log`);
      await delay(POLL_MS);
    }
  }
}

/** A child that could not be spawned has no pid. */
function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}
