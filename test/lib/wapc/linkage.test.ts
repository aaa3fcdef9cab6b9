// Which modules are refused before they are ever instantiated, and in which words.
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { assertLinkable, wapcImports } from '../../../lib/wapc/linkage.js';
import { moduleInterface } from '../../../lib/wasm/interface.js';
import { faultOf } from '../../support/fault-of.js';
import { guestBytes } from '../../support/wapc-guest.js';
import { wat } from '../../support/wat.js';

const linkage = suite('wapc/linkage');

const memory = '(memory (export "memory") 1)';
const guestCall = '(func (export "__guest_call") (param i32 i32) (result i32) (i32.const 1))';

linkage('a guest with every function of the protocol can be linked', () => {
  assertLinkable(moduleInterface(guestBytes({})), wapcImports);
});

linkage('a guest without imports can be linked, start functions or not', () => {
  assertLinkable(moduleInterface(wat(`(module ${memory} ${guestCall})`)), wapcImports);
  assertLinkable(moduleInterface(wat(`(module ${memory} ${guestCall} (func (export "_start")) (func (export "wapc_init")))`)), wapcImports);
});

linkage('an export named like a start function that is none does not matter', () => {
  assertLinkable(moduleInterface(wat(`(module ${memory} ${guestCall} (global (export "_start") i32 (i32.const 0)))`)), wapcImports);
});

linkage('what else the host offers can be imported', () => {
  const module = moduleInterface(wat(`(module (import "wasi" "exit" (func (param i32))) ${memory} ${guestCall})`));
  assertLinkable(module, { ...wapcImports, wasi: { exit: { params: ['i32'], results: [] } } });
  assert.is(faultOf(() => assertLinkable(module, wapcImports)).message, "Cannot link the module: it imports 'wasi.exit', which the host does not offer.");
});

const refused: readonly (readonly [string, string, string])[] = [
  ['an unknown import module', `(import "env" "exec" (func)) ${memory} ${guestCall}`, "Cannot link the module: it imports 'env.exec', which the host does not offer."],
  ['an unknown function of the protocol', `(import "wapc" "__evil" (func)) ${memory} ${guestCall}`, "Cannot link the module: it imports 'wapc.__evil', which the host does not offer."],
  ['an import named like what every object has', `(import "wapc" "toString" (func)) ${memory} ${guestCall}`, "Cannot link the module: it imports 'wapc.toString', which the host does not offer."],
  ['an import module named like what every object has', `(import "__proto__" "toString" (func)) ${memory} ${guestCall}`, "Cannot link the module: it imports '__proto__.toString', which the host does not offer."],
  [
    'a function of the protocol with other parameters',
    `(import "wapc" "__guest_response" (func (param i64))) ${memory} ${guestCall}`,
    "Cannot link the module: it imports 'wapc.__guest_response' as (i64) -> (), but the host offers (i32, i32) -> ().",
  ],
  [
    'a function of the protocol with another result',
    `(import "wapc" "__host_response_len" (func (result i64))) ${memory} ${guestCall}`,
    "Cannot link the module: it imports 'wapc.__host_response_len' as () -> i64, but the host offers () -> i32.",
  ],
  ['an imported memory', `(import "env" "memory" (memory 1)) ${guestCall}`, "Cannot link the module: it imports the memory 'env.memory'; a policy may import functions only."],
  ['an imported table', `(import "env" "t" (table 1 funcref)) ${memory} ${guestCall}`, "Cannot link the module: it imports the table 'env.t'; a policy may import functions only."],
  ['an imported global', `(import "env" "g" (global i32)) ${memory} ${guestCall}`, "Cannot link the module: it imports the global 'env.g'; a policy may import functions only."],
  ['a protocol function imported as a global', `(import "wapc" "__host_call" (global i32)) ${memory} ${guestCall}`, "Cannot link the module: it imports the global 'wapc.__host_call'; a policy may import functions only."],
  ['a missing __guest_call', memory, 'Guest call function (__guest_call) not exported by wasm module.'],
  ['a __guest_call that is no function', `${memory} (global (export "__guest_call") i32 (i32.const 0))`, 'Guest call function (__guest_call) not exported by wasm module.'],
  ['a __guest_call of another type', `${memory} (func (export "__guest_call") (param i32) (result i32) (i32.const 1))`, 'Cannot link the module: its __guest_call is (i32) -> i32, the protocol wants (i32, i32) -> i32.'],
  ['a __guest_call without a result', `${memory} (func (export "__guest_call") (param i32 i32))`, 'Cannot link the module: its __guest_call is (i32, i32) -> (), the protocol wants (i32, i32) -> i32.'],
  ['a missing memory', guestCall, "Cannot find 'mem' export: the module does not export its memory under the name 'memory'."],
  ['a memory under another name', `(memory (export "mem") 1) ${guestCall}`, "Cannot find 'mem' export: the module does not export its memory under the name 'memory'."],
  ['an export memory that is none', `(func (export "memory")) ${guestCall}`, "Cannot find 'mem' export: the module does not export its memory under the name 'memory'."],
  ['a _start with parameters', `${memory} ${guestCall} (func (export "_start") (param i32))`, 'Cannot link the module: its start function _start is (i32) -> (), the protocol wants () -> ().'],
  ['a wapc_init with a result', `${memory} ${guestCall} (func (export "wapc_init") (result i32) (i32.const 0))`, 'Cannot link the module: its start function wapc_init is () -> i32, the protocol wants () -> ().'],
];
for (const [title, fields, message] of refused) {
  linkage(`${title} is refused`, () => {
    const fault = faultOf(() => assertLinkable(moduleInterface(wat(`(module ${fields})`)), wapcImports));
    assert.is(fault.code, 'MODULE_UNLINKABLE');
    assert.is(fault.message, message);
  });
}

linkage.run();
