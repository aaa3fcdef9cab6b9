import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { abiOf, type Abi } from '../../../lib/wasm/abi.js';
import { moduleInterface } from '../../../lib/wasm/interface.js';
import { wat } from '../../support/wat.js';

const abi = suite('wasm/abi');

const cases: readonly (readonly [string, string, Abi['kind']])[] = [
  ['a guest with __guest_call speaks waPC', '(func (export "__guest_call") (param i32 i32) (result i32) (i32.const 0))', 'wapc'],
  ['a guest with start functions speaks waPC', '(func (export "_start")) (func (export "__guest_call") (param i32 i32) (result i32) (i32.const 0))', 'wapc'],
  ['a program with _start is a WASI command', '(func (export "_start")) (memory (export "memory") 1)', 'wasi-command'],
  ['a module with opa_ functions is Rego', '(func (export "opa_eval") (param i32) (result i32) (i32.const 0))', 'opa'],
  ['an opa_ global is enough', '(global (export "opa_wasm_abi_version") i32 (i32.const 1))', 'opa'],
  ['opa_ wins over the others', '(func (export "_start")) (func (export "__guest_call")) (func (export "opa_eval"))', 'opa'],
  ['a module without exports is unknown', '', 'unknown'],
  ['a global named __guest_call calls nothing', '(global (export "__guest_call") i32 (i32.const 1))', 'unknown'],
  ['a memory named _start starts nothing', '(memory (export "_start") 1)', 'unknown'],
  ['a name that merely contains opa_ is not Rego', '(func (export "my_opa_eval"))', 'unknown'],
];
for (const [title, body, kind] of cases) {
  abi(title, () => {
    assert.is(abiOf(moduleInterface(wat(`(module ${body})`))).kind, kind);
  });
}

abi('an unknown module says what was missed', () => {
  assert.equal(abiOf({ imports: [], exports: [{ kind: 'memory', name: 'm' }] }), {
    kind: 'unknown',
    because: 'none of its 1 exports is a function __guest_call (waPC) or _start (WASI), or begins with opa_ (Rego)',
  });
});

abi.run();
