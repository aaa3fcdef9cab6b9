// The package as a user gets it: packed, installed in an empty folder, every door opened, the command run.
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { installedPackages, runPlainly as run } from './support/packages.js';

const pack = suite('pack');

interface Manifest {
  readonly exports: Readonly<Record<string, unknown>>;
  readonly version: string;
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
const doors = Object.keys(manifest.exports).filter((door) => door !== './package.json').map((door) => door.replace(/^\./, 'wasmwarden'));
/** Doors that need a package which the user brings along. */
const peerDoors: readonly string[] = [];
let folder = '';

function succeeded(result: ReturnType<typeof run>): string {
  assert.is(result.status, 0, `${result.stdout}\n${result.stderr}`);
  return result.stdout;
}

pack.before(async () => {
  folder = await installedPackages([]);
  cpSync('build/fixtures/policies/pod-privileged.wasm', join(folder, 'policy.wasm'));
  cpSync('fixtures/reviews/pod-privileged.json', join(folder, 'review.json'));
});

pack('the tarball holds the built library and what npm always packs', () => {
  const found = readdirSync(join(folder, 'node_modules/wasmwarden'));
  assert.equal(found.filter((name) => !['dist', 'package.json', 'README.md', 'LICENSE', 'CHANGELOG.md'].includes(name)), []);
  assert.ok(existsSync(join(folder, 'node_modules/wasmwarden/dist/runtime/worker/entry.js')));
});

for (const door of doors.filter((name) => !peerDoors.includes(name))) {
  pack(`${door} opens by import and by require, and both are the same module`, () => {
    const script = `import { createRequire } from 'node:module'; const a = await import('${door}'); const b = createRequire(import.meta.url)('${door}'); console.log(Object.keys(a).length > 0 && Object.keys(a).every((key) => a[key] === b[key]));`;
    writeFileSync(join(folder, 'door.mjs'), script);
    // Older Nodes warn that requiring a module is an experiment.
    assert.is(succeeded(run(process.execPath, ['--no-warnings', 'door.mjs'], folder)), 'true\n');
  });
}

pack('what is behind the doors is closed', () => {
  const attempt = run(process.execPath, ['-e', "import('wasmwarden/dist/runtime/pool/pool.js').catch((error) => console.log(error.code))"], folder);
  assert.is(attempt.stdout, 'ERR_PACKAGE_PATH_NOT_EXPORTED\n');
});

pack('an embedder is not given what only the integrations need', () => {
  const installed = readdirSync(join(folder, 'node_modules'));
  assert.equal(['koa', '@koa', 'pino', 'prom-client', '@kubernetes'].filter((name) => installed.includes(name)), []);
});

pack('the installed library judges a request in its own threads', () => {
  const script = `import { createRuntime } from 'wasmwarden'; import { readFileSync } from 'node:fs';
    const runtime = createRuntime({ workers: 1 }); await runtime.load({ p: { module: 'policy.wasm' } });
    const { response } = await runtime.evaluate('p', readFileSync('review.json')); console.log(response.status.message); await runtime.close();`;
  writeFileSync(join(folder, 'embed.mjs'), script);
  assert.is(succeeded(run(process.execPath, ['embed.mjs'], folder)), 'Privileged container is not allowed\n');
});

pack('npx wasmwarden run prints a response and exits with 0 for any verdict', () => {
  const answer = run('npx', ['wasmwarden', 'run', 'policy.wasm', '--request-path', 'review.json'], folder);
  const response = JSON.parse(succeeded(answer)) as { readonly allowed: boolean; readonly status: { readonly message: string } };
  assert.equal([response.allowed, response.status.message], [false, 'Privileged container is not allowed']);
});

pack('the commands of the README work as printed', () => {
  writeFileSync(join(folder, 'metadata.yml'), readFileSync('fixtures/policies/pod-privileged/metadata.yml'));
  const block = /## 2\. Test a policy[\s\S]*?```sh\n([\s\S]*?)```/.exec(readFileSync('README.md', 'utf8'))?.[1] ?? '';
  const commands = block.split('\n').filter((line) => line !== '');
  assert.ok(commands.length >= 3);
  for (const command of commands) succeeded(run('bash', ['-c', command], folder));
  assert.ok(existsSync(join(folder, 'annotated.wasm')));
});

pack('the command knows its version and its way around', () => {
  assert.ok(succeeded(run('npx', ['wasmwarden', '--version'], folder)).includes(manifest.version));
  assert.match(succeeded(run('npx', ['wasmwarden', '--help'], folder)), 'inspect');
  assert.is(run('npx', ['wasmwarden', 'frobnicate'], folder).status, 2);
});

pack.run();
