import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { moduleInterface } from '../../../lib/wasm/interface.js';
import { limitMemory, limitModule, limitTables } from '../../../lib/wasm/limits.js';
import { faultOf } from '../../support/fault-of.js';
import { wat } from '../../support/wat.js';

const limits = suite('wasm/limits');

/** Grows an exported memory as far as it goes. */
function pagesReached(module: Uint8Array<ArrayBuffer>): number {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module));
  const memory = exports['memory'];
  assert.instance(memory, WebAssembly.Memory);
  if (!(memory instanceof WebAssembly.Memory)) throw new Error('no memory');
  for (;;) {
    try {
      memory.grow(1);
    } catch {
      return memory.buffer.byteLength / 65536;
    }
  }
}

limits('a memory without a maximum grows to the limit and no further', () => {
  assert.is(pagesReached(Uint8Array.from(limitMemory(wat('(module (memory (export "memory") 1))'), 5))), 5);
});

limits('a table of ten million elements is refused', () => {
  const bomb = wat('(module (table 10000000 funcref))');
  assert.ok(bomb.length < 40);
  assert.is(faultOf(() => limitTables(bomb, 100_000)).code, 'WASM_LIMIT_EXCEEDED');
});

limits('an imported memory asks its host for no more than the limit', () => {
  const limited = limitModule(wat('(module (import "env" "memory" (memory 2)))'), { memoryPages: 9, tableElements: 0 });
  assert.equal(moduleInterface(limited).imports, [{ module: 'env', name: 'memory', kind: 'memory', extent: { initial: 2, maximum: 9 } }]);
});

limits.run();
