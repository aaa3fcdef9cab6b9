// Arranges tsc's output into dist/: one file per module, so that the worker's URL stays right; no second transpiler.
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';

const manifestOf = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const manifest = manifestOf('.');
const builtin = [...builtinModules, ...builtinModules.map((name) => `node:${name}`)];

/** Tells which modules a package imports by name: Node's, its dependencies, and the library. */
const externalOf = ({ dependencies = {}, peerDependencies = {} }) => {
  const names = [...builtin, ...Object.keys(dependencies), ...Object.keys(peerDependencies), manifest.name];
  return (id) => names.some((name) => id === name || id.startsWith(`${name}/`));
};

/** Files below a folder that end as asked, relative to it. */
const filesBelow = (folder, ending) => readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(ending));

/** Copies declarations beside the code and asserts what a broken arrangement would only show at run time. */
const arrange = (from, to, mustExist) => ({
  name: 'arrange-dist',
  writeBundle() {
    for (const file of modulesBelow(from).map((name) => name.replace(/\.js$/, '.d.ts'))) cpSync(join(from, file), join(to, file));
    assertPresent(mustExist.map((file) => join(to, file)));
  },
});

function assertPresent(files) {
  const missing = files.find((file) => !existsSync(file));
  if (missing !== undefined) throw new Error(`${missing} is missing from the package`);
}

/** Makes the commands of a package programs: present, executable, with a first line that names their interpreter. */
const commands = (folder) => ({
  name: 'commands',
  writeBundle() {
    const files = Object.values(manifestOf(folder).bin).map((file) => join(folder, file));
    assertPresent(files);
    for (const file of files) {
      if (!readFileSync(file, 'utf8').startsWith('#!/usr/bin/env node\n')) throw new Error(`${file} does not begin with '#!/usr/bin/env node'`);
      chmodSync(file, 0o755);
    }
  },
});

/** The modules of a folder that were built from a source that is still there: tsc does not remove what it built before. */
const modulesBelow = (from) => filesBelow(from, '.js').filter((name) => existsSync(join(from.replace(/^build\//, ''), name.replace(/\.js$/, '.ts'))));

/** Every module is an entry: nothing is merged, so `new URL('./entry.js', import.meta.url)` keeps pointing at a file. */
const arrangement = (from, to, plugins, packageManifest = manifest) => ({
  input: Object.fromEntries(modulesBelow(from).map((name) => [name.replace(/\.js$/, ''), join(from, name)])),
  external: externalOf(packageManifest),
  output: { dir: to, format: 'es', preserveModules: true, preserveModulesRoot: from, sourcemap: false, hoistTransitiveImports: false },
  plugins,
  onwarn(warning) {
    if (warning.code === 'EMPTY_BUNDLE') return; // a module of types only
    if (warning.code === 'THIS_IS_UNDEFINED') return; // tsc's helpers for `await using` look at it and cope
    throw new Error(`rollup: ${warning.message}`);
  },
});

const exportedFiles = Object.values(manifest.exports).flatMap((target) => (typeof target === 'string' ? [] : [target.default, target.types])).map((file) => file.replace('./dist/', ''));

/** An integration that is a package of its own: its program in its own dist/. */
const integration = (name) => {
  const folder = `integrations/${name}`;
  return arrangement(`build/${folder}/src`, `${folder}/dist`, [commands(folder)], manifestOf(folder));
};

/** Integrations that are packages of their own. */
const integrations = ['k8s-controller', 'webhook-server', 'audit'];
for (const folder of ['dist', ...integrations.map((name) => `integrations/${name}/dist`)]) rmSync(folder, { recursive: true, force: true });

export default [
  arrangement('build/lib', 'dist', [arrange('build/lib', 'dist', exportedFiles)]),
  // A program has no types to offer. It imports the library by name, which leads back to dist/.
  arrangement('build/integrations/cli/src', 'dist/cli', [commands('.')]),
  ...integrations.map(integration),
];
