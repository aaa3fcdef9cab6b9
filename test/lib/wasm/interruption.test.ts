// Whether a thread can be ended while a guest loops over what the engine does not interrupt. A case that fails hangs, and the
// runner ends it.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

import { suite } from 'uvu';

import { rewriteModule } from '../../../lib/wasm/rewrite.js';
import { wat } from '../../support/wat.js';

const interruption = suite('wasm/interruption');

const loops: Readonly<Record<string, string>> = {
  'fills of 128 MiB': '(memory 2048) (func (export "run") (loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 0x8000000)) (br 0)))',
  'copies of 128 MiB': '(memory 2048) (func (export "run") (loop (memory.copy (i32.const 0) (i32.const 1) (i32.const 0x7ffffff)) (br 0)))',
  'copies from a segment': `(memory 4) (data $d "${'x'.repeat(200_000)}") (func (export "run") (loop (memory.init $d (i32.const 0) (i32.const 0) (i32.const 200000)) (br 0)))`,
  'fills of a table of 100,000 elements': '(table 100000 funcref) (func (export "run") (loop (table.fill (i32.const 0) (ref.null func) (i32.const 100000)) (br 0)))',
  'copies of a table of 100,000 elements': '(table 100000 funcref) (func (export "run") (loop (table.copy (i32.const 0) (i32.const 1) (i32.const 99999)) (br 0)))',
  'growth by nothing': '(memory 1) (table 1 funcref) (func (export "run") (loop (drop (memory.grow (i32.const 0))) (drop (table.grow (ref.null func) (i32.const 0))) (br 0)))',
  'nothing': '(func (export "run") (loop (br 0)))',
};

/** Says that it is about to run the guest, and does not come back. */
const thread = `
  const { parentPort, workerData } = require('node:worker_threads');
  const instance = new WebAssembly.Instance(new WebAssembly.Module(workerData));
  parentPort.postMessage('running');
  instance.exports.run();`;

for (const [title, fields] of Object.entries(loops)) {
  interruption(`a thread can be ended in a loop of ${title}`, async () => {
    const { bytes } = rewriteModule(wat(`(module ${fields})`), { limits: { memoryPages: 2048, tableElements: 100_000 }, headroomPages: 0, epochChecks: false });
    const worker = new Worker(thread, { eval: true, workerData: bytes });
    await once(worker, 'message');
    await worker.terminate();
  });
}

interruption.run();
