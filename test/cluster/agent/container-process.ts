// One run of a container: a process tree in namespaces of its own, from start to exit.

import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { dirname } from 'node:path';
import { lastBytes } from './termination-message.js';
import { containerScript, environmentWords, quoted, type ContainerLaunch } from './container-script.js';

/** How a run ended, as container runtimes say it: a signal counts as 128 plus its number. */
export interface ContainerExit {
  readonly exitCode: number;
  readonly signal?: NodeJS.Signals;
  /** Set when the command was never reached; what the set-up printed. */
  readonly startError?: string;
  readonly finishedAt: Date;
}

/** Exit code of a container whose command could not be started, as containerd's. */
const START_ERROR_CODE = 128;

/** How much of a log is looked at for a start error, in bytes. */
const ERROR_TAIL_BYTES = 2048;

/** A started container. */
export class ContainerProcess {
  readonly startedAt = new Date();
  /** Settles once, when every process of the container is gone. */
  readonly exit: Promise<ContainerExit>;
  readonly #child: ChildProcess;
  readonly #launch: ContainerLaunch;
  #reachedCommand = false;

  private constructor(child: ChildProcess, launch: ContainerLaunch) {
    this.#child = child;
    this.#launch = launch;
    this.exit = new Promise((resolve) => {
      child.once('error', (error) => resolve({ exitCode: START_ERROR_CODE, startError: error.message, finishedAt: new Date() }));
      child.once('close', (code, signal) => resolve(this.#ended(code, signal)));
    });
  }

  /** Starts a container and waits until its command runs, or until it is clear that it will not. */
  static async start(launch: ContainerLaunch): Promise<ContainerProcess> {
    await mkdir(launch.folder, { recursive: true });
    await mkdir(dirname(launch.logPath), { recursive: true });
    const log = openSync(launch.logPath, 'a');
    const [command = '', ...words] = [
      ...(launch.networkNamespace === undefined ? [] : ['nsenter', `--net=${launch.networkNamespace}`, '--']),
      ...['unshare', '--mount', '--pid', ...(launch.networkNamespace === undefined ? [] : ['--uts']), '--fork', '--kill-child', '--'],
      ...['sh', '-c', containerScript(launch)],
    ];
    const child = spawn(command, words, { stdio: ['ignore', log, log, 'pipe'], env: { PATH: process.env['PATH'] } });
    closeSync(log);
    const started = new ContainerProcess(child, launch);
    const report = child.stdio[3];
    await new Promise<void>((resolve) => {
      report?.once('data', () => {
        started.#reachedCommand = true;
        resolve();
      });
      report?.once('close', resolve);
      child.once('error', () => resolve());
    });
    return started;
  }

  /** Sends a signal to the container's first process, which in its pid namespace is process 1. */
  async signal(signal: NodeJS.Signals): Promise<void> {
    const pid = await this.#firstPid();
    if (pid === undefined) return;
    try {
      process.kill(pid, signal);
    } catch {
      // It ended between the look and the signal.
    }
  }

  /** Runs a command in the container's namespaces and root, as `exec` probes and hooks do. */
  async exec(words: readonly string[], timeoutMs: number): Promise<{ exitCode: number; output: string }> {
    const pid = await this.#firstPid();
    if (pid === undefined) return { exitCode: START_ERROR_CODE, output: 'the container does not run' };
    const script = `exec ${environmentWords(this.#launch)} ${words.map(quoted).join(' ')}`;
    const child = spawn('nsenter', ['--target', String(pid), '--mount', '--net', '--uts', '--pid', '--root', '--wd', '--', 'sh', '-c', script], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    return new Promise((resolve) => {
      child.once('error', (error) => resolve({ exitCode: START_ERROR_CODE, output: error.message }));
      child.once('close', (code) => resolve({ exitCode: code ?? START_ERROR_CODE, output }));
    });
  }

  #ended(code: number | null, signal: NodeJS.Signals | null): ContainerExit {
    const finishedAt = new Date();
    if (!this.#reachedCommand) return { exitCode: START_ERROR_CODE, startError: lastBytes(this.#launch.logPath, ERROR_TAIL_BYTES), finishedAt };
    if (signal === null) return { exitCode: code ?? START_ERROR_CODE, finishedAt };
    return { exitCode: 128 + constants.signals[signal], signal, finishedAt };
  }

  /** `unshare` waits as the parent of the container's first process. */
  async #firstPid(): Promise<number | undefined> {
    const parent = this.#child.pid;
    if (parent === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null) return undefined;
    const children = await readFile(`/proc/${parent}/task/${parent}/children`, 'utf8').catch(() => '');
    const first = Number(children.trim().split(' ')[0]);
    return first > 0 ? first : undefined;
  }
}
