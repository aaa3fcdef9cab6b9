// Packages as users get them: arranged into dist/, packed, installed in an empty folder. The test files that do so share dist/
// and run side by side, so that one arranges it and the other waits.
import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { scratchFolder } from './scratch.js';

const lock = 'build/arranging-dist';
/** An arrangement takes seconds; a lock this old was left by a process that was killed. */
const staleMs = 120_000;

/** Runs a command without what the test run added to the environment, so that the installed packages are what gets loaded. */
export function runPlainly(command: string, words: readonly string[], cwd: string): SpawnSyncReturns<string> {
  return spawnSync(command, words, { cwd, env: plainEnvironment(), encoding: 'utf8' });
}

/** The environment of a user. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => name !== 'NODE_OPTIONS' && name !== 'NODE_V8_COVERAGE'));
  return { ...env, NO_COLOR: '1' };
}

/** Runs a command that must succeed, and gives what it printed. */
export function runWell(command: string, words: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = runPlainly(command, words, cwd);
  if (status !== 0) throw new Error(`${command} ${words.join(' ')} ended with ${status}:\n${stdout}\n${stderr}`);
  return stdout;
}

/**
 * Packs packages of this project and installs them in an empty folder.
 *
 * @param workspaces names of the integrations to install beside the library
 * @returns the folder
 */
export async function installedPackages(workspaces: readonly string[]): Promise<string> {
  const folder = scratchFolder();
  await arranged(() => {
    runWell('npm', ['pack', '--pack-destination', folder, '--ignore-scripts'], '.');
    for (const name of workspaces) runWell('npm', ['pack', '--pack-destination', folder, '--ignore-scripts', '-w', name], '.');
  });
  const tarballs = readdirSync(folder).filter((name) => name.endsWith('.tgz')).map((name) => `./${name}`);
  writeFileSync(join(folder, 'package.json'), '{"private": true}');
  runWell('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...tarballs], folder);
  return folder;
}

/** Arranges dist/ and does something with it before anybody else may touch it. */
export async function arranged(action: () => void): Promise<void> {
  while (!takeLock()) await pause(200);
  try {
    runWell(process.execPath, ['node_modules/rollup/dist/bin/rollup', '-c', '--silent'], '.');
    action();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

/** Takes the lock unless somebody has it; tells whether it did. */
function takeLock(): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch {
    const ageMs = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (ageMs > staleMs) rmSync(lock, { recursive: true, force: true });
    return false;
  }
}
