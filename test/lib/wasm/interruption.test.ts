// Whether a thread can be ended while a guest loops over what the engine does not interrupt. A case that fails hangs, and the
// runner ends it.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

import { suite } from 'uvu';

import { rewriteModule } from '../../../lib/wasm/rewrite.js';
import { wat } from '../../support/wat.js';

const interruption = suite('wasm/interruption');

/** What the guest has, and what it does over and over. */
const loops: Readonly<Record<string, readonly [fields: string, round: string]>> = {
  'fills of 128 MiB': ['(memory 2048)', '(memory.fill (i32.const 0) (i32.const 1) (i32.const 0x8000000))'],
  'copies of 128 MiB': ['(memory 2048)', '(memory.copy (i32.const 0) (i32.const 1) (i32.const 0x7ffffff))'],
  'copies from a segment': [`(memory 4) (data $d "${'x'.repeat(200_000)}")`, '(memory.init $d (i32.const 0) (i32.const 0) (i32.const 200000))'],
  'fills of a table of 100,000 elements': ['(table 100000 funcref)', '(table.fill (i32.const 0) (ref.null func) (i32.const 100000))'],
  'copies of a table of 100,000 elements': ['(table 100000 funcref)', '(table.copy (i32.const 0) (i32.const 1) (i32.const 99999))'],
  'growth by nothing': ['(memory 1) (table 1 funcref)', '(drop (memory.grow (i32.const 0))) (drop (table.grow (ref.null func) (i32.const 0)))'],
  'nothing': ['', ''],
};

/** Runs a guest, which says when its loop begins and does not come back. */
const thread = `
  const { parentPort, workerData } = require('node:worker_threads');
  const host = { begins: () => parentPort.postMessage('begins') };
  new WebAssembly.Instance(new WebAssembly.Module(workerData), { host }).exports.run();`;

for (const [title, [fields, round]] of Object.entries(loops)) {
  interruption(`a thread can be ended in a loop of ${title}`, async () => {
    const module = wat(`(module (import "host" "begins" (func $begins)) ${fields} (func (export "run") (call $begins) (loop ${round} (br 0))))`);
    const { bytes } = rewriteModule(module, { limits: { memoryPages: 2048, tableElements: 100_000 }, headroomPages: 0, epochChecks: false });
    const worker = new Worker(thread, { eval: true, workerData: bytes });
    await once(worker, 'message');
    await worker.terminate();
  });
}

interruption.run();
