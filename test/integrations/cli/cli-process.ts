// The command as its users meet it: a process of its own, from the build. Paths are relative to the project's top.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const program = resolve('build/integrations/cli/src/main.js');
/** A call that takes longer has hung; generous, since other tests run beside. */
const maxMs = 90_000;

export interface CallOptions {
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** How a call ended. */
export interface CallResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Calls the command and waits for its end; a call that hangs fails the test. */
export function callCli(words: readonly string[], { stdin = '', env = {}, cwd }: CallOptions = {}): Promise<CallResult> {
  return new Promise((settle, reject) => {
    const child = spawn(process.execPath, ['--conditions=@wasmwarden/source', program, ...words], { env: { ...plainEnv(), ...env }, cwd, stdio: 'pipe' });
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`the call did not end within ${maxMs} ms: wasmwarden ${words.join(' ')}`));
    }, maxMs);
    const out: Uint8Array[] = [];
    const err: Uint8Array[] = [];
    child.stdout.on('data', (chunk: Uint8Array) => out.push(chunk));
    child.stderr.on('data', (chunk: Uint8Array) => err.push(chunk));
    // A command that fails early does not read its input.
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin);
    child.on('close', (code) => {
      clearTimeout(timer);
      settle({ code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() });
    });
  });
}

/** The environment without the wishes for colour that the test runner adds. */
function plainEnv(): NodeJS.ProcessEnv {
  return { ...process.env, FORCE_COLOR: undefined, NO_COLOR: undefined };
}

/** A module of the fixtures, as a path. */
export function fixturePath(name: string): string {
  return resolve(`build/fixtures/policies/${name}.wasm`);
}

/** A review of the fixtures, as a path. */
export function reviewPath(name: string): string {
  return resolve(`fixtures/reviews/${name}.json`);
}

/** A folder for the files of a test, and the way to be rid of it. */
export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'wasmwarden-cli-test-'));

  /** Writes a file into the folder; returns its path. */
  file(name: string, content: string | Uint8Array): string {
    const path = join(this.path, name);
    writeFileSync(path, content);
    return path;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
