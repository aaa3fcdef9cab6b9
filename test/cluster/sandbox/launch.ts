// Makes the sandbox from outside: one set of namespaces per cluster, tied to this process by the IPC channel.
//
// Everything of a cluster lives in its own pid, mount and network namespace, and its files on a tmpfs in there. When
// the sandbox's first process ends, the kernel ends the rest; it ends when the channel closes, so also by SIGKILL here.

import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { randomInt } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { AnswerTo, Order, OrderEnvelope, Reply } from './messages.js';

const run = promisify(execFile);

/**
 * First process of the sandbox. A shell, because process 1 must reap whatever loses its parent.
 *
 * The first line reads the pid in the outer pid namespace: the old /proc is still mounted.
 */
const INIT = `
set -e
read -r pid rest < /proc/self/stat
mount -t proc proc /proc
mount -t tmpfs -o mode=0755 tmpfs /run
mkdir -p /run/netns /run/wasmwarden
ip link set lo up
WASMWARDEN_INIT_PID=$pid "$@" &
wait $!
`;

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));

/** Ranges are 10.213.0.0/24 to 10.213.199.0/24, one per cluster that runs on this machine. */
const RANGES = 200;

/** Longest wait for the sandbox to vanish after its channel closed, in milliseconds. */
const VANISH_MS = 10_000;

/** How much of the sandbox's own output is kept for error messages, in characters. */
const KEPT_OUTPUT = 16_384;

/** A running sandbox, seen from outside. */
export class Sandbox {
  readonly prefix: string;
  /** Pid of the sandbox's first process in this process's view; `/proc/<pid>/root` shows the sandbox's files. */
  readonly initPid: number;
  readonly #child: ChildProcess;
  readonly #link: string;
  readonly #waiting: Map<number, { resolve: (answer: unknown) => void; reject: (reason: Error) => void }>;
  #nextId = 1;

  private constructor(child: ChildProcess, greeted: { initPid: number; link: string; prefix: string }, output: () => string) {
    this.#child = child;
    this.initPid = greeted.initPid;
    this.#link = greeted.link;
    this.prefix = greeted.prefix;
    this.#waiting = new Map();
    child.on('message', (reply: Reply) => this.#settle(reply));
    child.on('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`the sandbox ended: ${output()}`));
      this.#waiting.clear();
    });
  }

  /** Makes the namespaces and the link between this machine and them. */
  static async launch(): Promise<Sandbox> {
    const child = spawn(
      'unshare',
      ['--mount', '--pid', '--net', '--uts', '--fork', '--kill-child', '--', 'sh', '-c', INIT, 'init', process.execPath, '--enable-source-maps', MAIN],
      // Detached: an interrupt typed at the terminal reaches this process only, which then closes the channel.
      { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], detached: true, env: { ...process.env, NODE_OPTIONS: '' } },
    );
    let output = '';
    const keep = (chunk: Buffer): void => void (output = (output + chunk.toString()).slice(-KEPT_OUTPUT));
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    const initPid = await greeting(child, () => output);
    try {
      return new Sandbox(child, { initPid, ...(await linkTo(initPid)) }, () => output);
    } catch (error) {
      child.disconnect();
      throw error;
    }
  }

  /** Has the sandbox carry out an order. */
  ask<Kind extends Order['kind']>(order: Extract<Order, { kind: Kind }>): Promise<AnswerTo<Kind>> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: (answer) => resolve(answer as AnswerTo<Kind>), reject });
      const envelope: OrderEnvelope = { id, order };
      this.#child.send(envelope, (error) => {
        if (error !== null) reject(error);
      });
    });
  }

  /** Address of this machine in the cluster's range: Pods and the API server reach servers of the test there. */
  get hostAddress(): string {
    return `${this.prefix}.254`;
  }

  /** A file of the sandbox as a path of this machine, readable while the sandbox lives. */
  outside(path: string): string {
    return `/proc/${this.initPid}/root${path}`;
  }

  /** Ends everything in the sandbox and waits until it is gone. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, 'exit', { signal: AbortSignal.timeout(VANISH_MS) });
      if (this.#child.connected) this.#child.disconnect();
      // Its parent's death kills the first process (--kill-child), should it not have ended by itself.
      await ended.catch(() => this.#child.kill('SIGKILL'));
    }
    // The kernel removes the link with the namespace, some time later; a caller may look at once.
    await run('ip', ['link', 'delete', this.#link]).catch(() => undefined);
  }

  #settle(reply: Reply): void {
    if (reply.kind === 'greeting') return;
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.kind === 'done') waiting?.resolve(reply.answer);
    else waiting?.reject(new Error(reply.message));
  }
}

async function greeting(child: ChildProcess, output: () => string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('message', (reply: Reply) => {
      if (reply.kind === 'greeting') resolve(reply.initPid);
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`the sandbox could not be made: ${output()}`)));
  });
}

/** Takes a free range: the name of the link is the lock, since the kernel refuses a second one. */
async function linkTo(initPid: number): Promise<{ link: string; prefix: string }> {
  const first = randomInt(RANGES);
  for (let step = 0; step < RANGES; step += 1) {
    const range = (first + step) % RANGES;
    const link = `wasmwarden${range}`;
    const taken = await run('ip', ['link', 'add', link, 'type', 'veth', 'peer', 'name', 'uplink', 'netns', String(initPid)]).then(
      () => true,
      (error: unknown) => {
        if (String(error).includes('File exists')) return false;
        throw error;
      },
    );
    if (!taken) continue;
    await run('ip', ['address', 'add', `10.213.${range}.254/24`, 'dev', link]);
    await run('ip', ['link', 'set', link, 'up']);
    return { link, prefix: `10.213.${range}` };
  }
  throw new Error('every range of addresses for test clusters is in use');
}
