// Builds the Go module in control-plane/ once per content and keeps the binary in the user's cache folder.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The Go module, in the source tree (this file runs from `build/test/cluster/programs`). */
const SOURCE = fileURLToPath(new URL('../../../../test/cluster/control-plane/', import.meta.url));

/** A cold build compiles about 2,000 packages; two slow cores need a quarter of an hour at worst. */
const BUILD_TIMEOUT_MS = 40 * 60_000;

/** The built binary and how it was come by, for people. */
export interface ControlPlaneBinary {
  readonly path: string;
  readonly took: string;
}

/** Whether the Go toolchain is on the PATH. */
export async function hasGo(): Promise<boolean> {
  return run('go', ['version']).then(
    () => true,
    () => false,
  );
}

/**
 * Returns the path of the control plane binary, building it when the cache lacks it.
 *
 * Cached as `<cache>/wasmwarden/cluster/<version>-<hash of the module's files and the Go version>/control-plane`.
 */
export async function buildControlPlane(environment: NodeJS.ProcessEnv): Promise<ControlPlaneBinary> {
  const started = Date.now();
  const goMod = await readFile(join(SOURCE, 'go.mod'), 'utf8');
  const version = /k8s\.io\/kubernetes (v\S+)/.exec(goMod)?.[1] ?? 'v0.0.0';
  const path = join(cacheFolder(environment), `${version}-${await sourceHash()}`, 'control-plane');
  if (await exists(path)) return { path, took: `cached, found in ${Date.now() - started} ms` };
  process.stderr.write(`building the Kubernetes ${version} control plane into ${path}; the first time takes several minutes\n`);
  await mkdir(dirname(path), { recursive: true });
  // Concurrent builds each write their own file; the rename makes the last one win, and all are equal.
  const unfinished = `${path}.${process.pid}`;
  try {
    await run('nice', ['-n', '10', 'go', 'build', '-trimpath', '-ldflags', linkerFlags(version), '-o', unfinished, '.'], {
      cwd: SOURCE,
      env: { ...environment, CGO_ENABLED: '0', GOFLAGS: `${environment['GOFLAGS'] ?? ''} -buildvcs=false`.trim() },
      timeout: BUILD_TIMEOUT_MS,
      maxBuffer: 64 * 1024 * 1024,
    });
    await rename(unfinished, path);
  } finally {
    await rm(unfinished, { force: true });
  }
  const took = `built in ${((Date.now() - started) / 1000).toFixed(0)} s`;
  await writeFile(join(dirname(path), 'build.txt'), `${took}\n`);
  return { path, took };
}

/** Stamps the release into the binary (upstream's build scripts do the same) and leaves out debug tables. */
function linkerFlags(version: string): string {
  const [major = '', minor = ''] = version.replace(/^v/, '').split('.');
  const stamp = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((path) => [
    `-X ${path}.gitVersion=${version}`,
    `-X ${path}.gitMajor=${major}`,
    `-X ${path}.gitMinor=${minor}`,
    `-X ${path}.gitTreeState=clean`,
  ]);
  return ['-s', '-w', ...stamp].join(' ');
}

async function sourceHash(): Promise<string> {
  const hash = createHash('sha256');
  for (const name of ['go.mod', 'go.sum', 'main.go']) hash.update(await readFile(join(SOURCE, name)));
  hash.update((await run('go', ['version'])).stdout);
  return hash.digest('hex').slice(0, 16);
}

function cacheFolder(environment: NodeJS.ProcessEnv): string {
  return join(environment['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'wasmwarden', 'cluster');
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
