// The policy-server as an operator runs it: a process with arguments, environment, files and signals.
import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';

import { scratchFolder } from '../scratch.js';

/** Node's arguments that run the program under test. */
export const program = ['--conditions=@wasmwarden/source', resolve('build/integrations/webhook-server/src/main.js')] as const;

/** How it ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The ports it says it listens on. */
export interface ReadyPorts {
  readonly port: number;
  readonly readinessPort: number;
}

/** A process under test; disposing of it kills it. */
export interface ServerProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly exited: Promise<Exit>;
  /** Resolves when it says that it is ready; rejects when it ends before. */
  ready(): Promise<ReadyPorts>;
  /** Resolves when its standard output matches. */
  prints(pattern: RegExp): Promise<void>;
}

/** What to run. */
export interface ProcessOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A program and its arguments that run Node, for example in a namespace. */
  readonly wrapper?: readonly string[];
}

/** Runs the program. */
export function runServer({ args = [], env = {}, wrapper = [] }: ProcessOptions): ServerProcess {
  const [command = process.execPath, ...words] = [...wrapper, process.execPath, ...program, ...args];
  const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env['PATH'], ...coverage(), ...env } });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
  const exited = new Promise<Exit>((done) => child.on('close', (code, signal) => done({ code, signal })));
  const prints = (pattern: RegExp): Promise<void> =>
    new Promise((done, reject) => {
      const look = (): void => {
        if (pattern.test(stdout)) done();
      };
      child.stdout.on('data', look);
      look();
      void exited.then(({ code }) => reject(new Error(`it ended with ${code} before it printed ${String(pattern)}:\n${stdout}${stderr}`)));
    });
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    exited,
    prints,
    async ready() {
      await prints(/policy-server ready.*\n/);
      const number = (name: string): number => Number(new RegExp(`policy-server ready.*\\b${name}=(\\d+)`).exec(stdout)?.[1]);
      return { port: number('port'), readinessPort: number('readiness_port') };
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Lets c8 see what ran in the process. */
function coverage(): Record<string, string> {
  const folder = process.env['NODE_V8_COVERAGE'];
  return folder === undefined ? {} : { NODE_V8_COVERAGE: folder };
}

/** Writes a policies.yml and gives its path. */
export function policiesFile(policies: Readonly<Record<string, unknown>>): string {
  const path = join(scratchFolder(), 'policies.yml');
  writeFileSync(path, JSON.stringify(policies));
  return path;
}

/** Arguments that bind free ports of loopback. */
export const freePorts = ['--addr', '127.0.0.1', '--port', '0', '--readiness-probe-port', '0'] as const;

/** An address of loopback that nobody else uses, so that fixed ports are free on it. */
export function ownAddress(): string {
  const octet = (): number => 1 + Math.floor(Math.random() * 253);
  return `127.${octet()}.${octet()}.${octet()}`;
}

/** Tries to connect until told to stop; counts how often somebody took the connection. */
export function knock(address: string, port: number): { stop(): number } {
  let taken = 0;
  let stopped = false;
  const once = (): void => {
    if (stopped) return;
    const again = (): void => void setTimeout(once, 5);
    const socket = connect(port, address).on('error', again);
    socket.on('connect', () => {
      taken += 1;
      socket.destroy();
      again();
    });
  };
  once();
  return {
    stop() {
      stopped = true;
      return taken;
    },
  };
}
