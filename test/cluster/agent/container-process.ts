// One run of a container: a process tree in namespaces of its own, from start to exit.

import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { constants } from 'node:os';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { lastBytes } from './termination-message.js';
import { environmentWords, quoted, waitingScript, type ContainerLaunch } from './container-script.js';

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
  /** Pid of the container's process 1, as the Node sees it. */
  #firstPid: number | undefined;

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
      ...['unshare', '--mount', '--pid', ...(launch.networkNamespace === undefined ? [] : ['--uts']), '--'],
      ...['sh', '-c', waitingScript(launch)],
    ];
    const child = spawn(command, words, { stdio: ['ignore', log, log, 'pipe'], env: { PATH: process.env['PATH'] } });
    closeSync(log);
    const started = new ContainerProcess(child, launch);
    await started.#takeReport();
    return started;
  }

  /** Sends a signal to the container's first process, which in its pid namespace is process 1. */
  signal(signal: NodeJS.Signals): void {
    if (this.#firstPid === undefined) return;
    try {
      process.kill(this.#firstPid, signal);
    } catch {
      // It ended between the look and the signal.
    }
  }

  /** Runs a command in the container's namespaces and root, as `exec` probes and hooks do. */
  exec(words: readonly string[], timeoutMs: number): Promise<{ exitCode: number; output: string }> {
    if (this.#firstPid === undefined) return Promise.resolve({ exitCode: START_ERROR_CODE, output: 'the container does not run' });
    const script = `exec ${environmentWords(this.#launch)} ${words.map(quoted).join(' ')}`;
    const child = spawn('nsenter', ['--target', String(this.#firstPid), '--mount', '--net', '--uts', '--pid', '--root', '--wd', '--', 'sh', '-c', script], {
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

  /** Reads what the script reports until it closes the pipe, which is when it becomes the command or fails. */
  async #takeReport(): Promise<void> {
    const report = this.#child.stdio[3];
    if (!(report instanceof Readable)) return;
    for await (const line of createInterface({ input: report })) {
      if (line === 'started') this.#reachedCommand = true;
      else this.#firstPid = Number(line.replace('pid ', ''));
    }
  }

  #ended(code: number | null, signal: NodeJS.Signals | null): ContainerExit {
    const finishedAt = new Date();
    this.#firstPid = undefined;
    if (!this.#reachedCommand) return { exitCode: START_ERROR_CODE, startError: lastBytes(this.#launch.logPath, ERROR_TAIL_BYTES), finishedAt };
    if (signal === null) return { exitCode: code ?? START_ERROR_CODE, finishedAt };
    return { exitCode: 128 + constants.signals[signal], signal, finishedAt };
  }
}
