// A process of its own in which another WASI implementation runs one module. Its stdin is the guest's; for node:wasi
// its stdout and stderr are as well. The trace goes to descriptor 3 as JSON.
//
//   node oracle-entry.js <node|wasmer> <module.wasm> <argv as JSON>

import { readFileSync, writeSync } from 'node:fs';

import { traced, type ImportTable, type TracedCall, type TracedRun } from './trace.js';

const [, , oracle, path = '', argv = '[]'] = process.argv;
const args = JSON.parse(argv) as string[];
const module = new WebAssembly.Module(readFileSync(path));
const version = WebAssembly.Module.imports(module).some((each) => each.module === 'wasi_unstable') ? 'unstable' : 'preview1';

let instance: WebAssembly.Instance | undefined;
const calls: TracedCall[] = [];

function memory(): WebAssembly.Memory {
  const exported = instance?.exports['memory'];
  if (!(exported instanceof WebAssembly.Memory)) throw new Error('the module has no memory');
  return exported;
}

function instantiate(imports: object): WebAssembly.Instance {
  instance = new WebAssembly.Instance(module, traced(imports as ImportTable, memory, calls));
  return instance;
}

function endOf(start: () => number): string {
  try {
    return `exit ${start()}`;
  } catch (thrown) {
    return String(thrown).includes('RuntimeError') ? 'trap' : String(thrown);
  }
}

async function runOnNode(): Promise<TracedRun> {
  const { WASI } = await import('node:wasi');
  const wasi = new WASI({ version, args, env: {}, returnOnExit: true });
  const guest = instantiate(wasi.getImportObject());
  const end = endOf(() => wasi.start(guest));
  return { calls, stdout: '', stderr: '', end };
}

async function runOnWasmer(): Promise<TracedRun> {
  const { init, WASI } = await import('@wasmer/wasi');
  await init();
  const wasi = new WASI({ args, env: {} });
  wasi.setStdinBuffer(readFileSync(0));
  const guest = instantiate(wasi.getImports(module));
  wasi.instantiate(guest);
  const end = endOf(() => wasi.start());
  return { calls, stdout: wasi.getStdoutString(), stderr: wasi.getStderrString(), end };
}

const run = oracle === 'node' ? await runOnNode() : await runOnWasmer();
writeSync(3, JSON.stringify(run));
