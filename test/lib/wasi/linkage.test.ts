import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { assertCommand } from '../../../lib/wasi/linkage.js';
import { wasiSignatures } from '../../../lib/wasi/signatures.js';
import { moduleInterface } from '../../../lib/wasm/interface.js';
import { faultOf } from '../../support/fault-of.js';
import { wat } from '../../support/wat.js';
import { fixture } from './fixture.js';

const linkage = suite('wasi/linkage');

const check = (bytes: Uint8Array) => assertCommand(moduleInterface(bytes), wasiSignatures);

for (const file of ['verdict.ts', 'files.wat', 'unstable.wat', 'sockets.wat']) {
  linkage(`${file} is a command that can be run`, async () => {
    check(await fixture(file));
  });
}

const start = '(func (export "_start"))';
const refusals: readonly (readonly [string, string, RegExp])[] = [
  ['an import nobody offers', `(import "env" "magic" (func)) ${start}`, /imports 'env\.magic', which the host does not offer/],
  ['a function that snapshot 0 lacks', `(import "wasi_unstable" "sock_accept" (func (param i32 i32 i32) (result i32))) ${start}`, /'wasi_unstable\.sock_accept'/],
  ['a WASI function with other parameters', `(import "wasi_snapshot_preview1" "fd_close" (func (param i64) (result i32))) ${start}`, /fd_close' as \(i64\) -> i32, but the host offers \(i32\) -> i32/],
  ['a WASI function with another result', `(import "wasi_snapshot_preview1" "sched_yield" (func (result i64))) ${start}`, /sched_yield' as \(\) -> i64/],
  ['what every JavaScript object has', `(import "constructor" "constructor" (func)) ${start}`, /'constructor\.constructor'/],
  ['no _start', '(func (export "main"))', /^cannot find `_start` function inside of module: it exports no such function/],
  ['a _start that is no function', '(memory (export "_start") 1)', /^cannot find `_start` function inside of module: it exports no such function/],
  ['a _start that wants something', '(func (export "_start") (param i64))', /^cannot find `_start` function inside of module: it is \(i64\) -> \(\)/],
];
for (const [title, body, message] of refusals) {
  linkage(`a module with ${title} cannot be run as a command`, () => {
    const fault = faultOf(() => check(wat(`(module ${body})`)));
    assert.is(fault.code, 'MODULE_UNLINKABLE');
    assert.match(fault.message, message);
  });
}

linkage.run();
