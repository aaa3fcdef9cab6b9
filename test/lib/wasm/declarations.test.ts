import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import * as ceilings from '../../../lib/wasm/ceilings.js';
import { checkDeclarations } from '../../../lib/wasm/declarations.js';
import { encodeU32, joinBytes } from '../../../lib/wasm/leb128.js';
import { readSections } from '../../../lib/wasm/sections.js';
import { faultOf } from '../../support/fault-of.js';
import { bytes, moduleOf, name, oneType, section, vector } from '../../support/module-bytes.js';
import { wat } from '../../support/wat.js';

const declarations = suite('wasm/declarations');
const check = (module: Uint8Array): void => checkDeclarations(readSections(module));

const emptyBody = bytes(2, 0, 0x0b);
const functions = (count: number, body = emptyBody, params = 0): Uint8Array<ArrayBuffer> =>
  moduleOf(oneType(params), section(3, vector(count, bytes(0))), section(10, vector(count, body)));

/** A function body that declares so many locals of one type, in a handful of bytes. */
function bodyWithLocals(count: number): Uint8Array<ArrayBuffer> {
  const content = joinBytes(bytes(1), encodeU32(count), bytes(0x7f, 0x0b));
  return joinBytes(encodeU32(content.length), content);
}

const oneMemory = section(5, bytes(1, 0, 1));
const oneTable = section(4, bytes(1, 0x70, 0, 1));
const importOf = (kind: number, ...description: readonly number[]): Uint8Array<ArrayBuffer> => section(2, bytes(1), name('m'), name('n'), bytes(kind, ...description));

/** What can be declared, up to its ceiling: the name in messages, the ceiling, and a module that declares so many. */
const counted: readonly (readonly [string, number, (count: number) => Uint8Array])[] = [
  ['types', ceilings.maxTypes, (count) => moduleOf(section(1, vector(count, bytes(0x60, 0, 0))))],
  ['imports', ceilings.maxImports, (count) => moduleOf(section(2, vector(count, bytes(0, 0, 3, 0x7f, 0))))],
  ['functions', ceilings.maxFunctions, (count) => functions(count)],
  ['tables', ceilings.maxTables, (count) => moduleOf(section(4, vector(count, bytes(0x70, 0, 0))))],
  ['exception tags', ceilings.maxTags, (count) => moduleOf(oneType(), section(13, vector(count, bytes(0, 0))))],
  ['globals', ceilings.maxGlobals, (count) => moduleOf(section(6, vector(count, bytes(0x7f, 1, 0x41, 0, 0x0b))))],
  ['exports', ceilings.maxExports, (count) => moduleOf(oneMemory, section(7, vector(count, bytes(0, 2, 0))))],
  ['element segments', ceilings.maxElementSegments, (count) => moduleOf(oneTable, section(9, vector(count, bytes(0, 0x41, 0, 0x0b, 0))))],
  ['data segments', ceilings.maxDataSegments, (count) => moduleOf(oneMemory, section(11, vector(count, bytes(0, 0x41, 0, 0x0b, 0))))],
];
for (const [what, ceiling, declaring] of counted) {
  declarations(`allows ${ceiling} ${what} and refuses one more`, () => {
    check(declaring(ceiling));
    const fault = faultOf(() => check(declaring(ceiling + 1)));
    assert.is(fault.code, 'WASM_LIMIT_EXCEEDED');
    assert.is(fault.message, `cannot use the Wasm module: it has ${ceiling + 1} ${what} and at most ${ceiling} are allowed`);
  });
}

const together: readonly (readonly [string, (count: number) => Uint8Array, number])[] = [
  ['tables', (count) => moduleOf(importOf(1, 0x70, 0, 0), section(4, vector(count, bytes(0x70, 0, 0)))), ceilings.maxTables],
  ['exception tags', (count) => moduleOf(oneType(), importOf(4, 0, 0), section(13, vector(count, bytes(0, 0)))), ceilings.maxTags],
  ['globals', (count) => moduleOf(importOf(3, 0x7f, 0), section(6, vector(count, bytes(0x7f, 1, 0x41, 0, 0x0b)))), ceilings.maxGlobals],
];
for (const [what, declaring, ceiling] of together) {
  declarations(`imported ${what} count with the module's own`, () => {
    check(declaring(ceiling - 1));
    assert.is(faultOf(() => check(declaring(ceiling))).code, 'WASM_LIMIT_EXCEEDED');
  });
}

declarations('imported functions count with the module\'s own', () => {
  const declaring = (count: number): Uint8Array<ArrayBuffer> =>
    moduleOf(oneType(), importOf(0, 0), section(3, vector(count, bytes(0))), section(10, vector(count, emptyBody)));
  check(declaring(ceilings.maxFunctions - 1));
  assert.is(faultOf(() => check(declaring(ceilings.maxFunctions))).code, 'WASM_LIMIT_EXCEEDED');
});

declarations('a function of ten bytes may not have more locals than allowed', () => {
  check(functions(1, bodyWithLocals(ceilings.maxLocalsPerFunction)));
  const fault = faultOf(() => check(functions(1, bodyWithLocals(ceilings.maxLocalsPerFunction + 1))));
  assert.is(fault.code, 'WASM_LIMIT_EXCEEDED');
  assert.is(fault.message, 'cannot use the Wasm module: one of its functions has 20001 locals and at most 20000 are allowed');
  assert.is(faultOf(() => check(functions(1, bodyWithLocals(0xffffffff)))).code, 'WASM_LIMIT_EXCEEDED');
});

declarations('locals count over all groups and with the parameters', () => {
  const half = ceilings.maxLocalsPerFunction / 2;
  const content = joinBytes(bytes(2), encodeU32(half), bytes(0x7f), encodeU32(half), bytes(0x7e, 0x0b));
  const body = joinBytes(encodeU32(content.length), content);
  check(functions(1, body));
  assert.is(faultOf(() => check(functions(1, body, 1))).code, 'WASM_LIMIT_EXCEEDED');
});

declarations('many functions may not have more locals together than allowed', () => {
  const body = bodyWithLocals(ceilings.maxLocalsPerFunction);
  const most = ceilings.maxLocals / ceilings.maxLocalsPerFunction;
  check(functions(most, body));
  const fault = faultOf(() => check(functions(most + 1, body)));
  assert.is(fault.message, 'cannot use the Wasm module: its functions have 5020000 locals together and at most 5000000 are allowed');
});

const nonsense: readonly (readonly [string, Uint8Array, string, string])[] = [
  ['functions without bodies', moduleOf(oneType(), section(3, bytes(2, 0, 0))), 'WASM_MALFORMED', 'it declares 2 functions and has 0 bodies'],
  ['bodies without functions', moduleOf(section(10, bytes(1, 2, 0, 0x0b))), 'WASM_MALFORMED', 'it declares 0 functions and has 1 bodies'],
  ['a body longer than its section', moduleOf(oneType(), section(3, bytes(1, 0)), section(10, bytes(1, 9, 0, 0x0b))), 'WASM_TRUNCATED', 'the code section announces 9 bytes where 2 are left'],
  ['locals that reach past their body', moduleOf(oneType(), section(3, bytes(1, 0)), section(10, bytes(1, 2, 1, 5))), 'WASM_TRUNCATED', 'a function body ends in the middle of an entry'],
  ['bytes after the last body', moduleOf(oneType(), section(3, bytes(1, 0)), section(10, bytes(1, 2, 0, 0x0b, 0))), 'WASM_MALFORMED', 'the code section holds 1 bytes after its last entry'],
];
for (const [title, module, code, message] of nonsense) {
  declarations(`refuses ${title}`, () => {
    const fault = faultOf(() => check(module));
    assert.is(fault.code, code);
    assert.is(fault.message, `cannot use the Wasm module: ${message}`);
  });
}

declarations('an ordinary module declares little', () => {
  check(moduleOf());
  check(wat('(module (memory 1) (table 4 funcref) (global i32 (i32.const 1)) (func (param i32) (local i64 f32) (nop)) (data (i32.const 0) "x"))'));
});

declarations.run();
