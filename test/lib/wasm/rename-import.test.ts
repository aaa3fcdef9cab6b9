import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { moduleInterface } from '../../../lib/wasm/interface.js';
import { renameFunctionImport } from '../../../lib/wasm/rename-import.js';
import { readSections, sectionId } from '../../../lib/wasm/sections.js';
import { wat } from '../../support/wat.js';

const rename = suite('wasm/rename-import');

const from = { module: 'kubewarden:javy/host', name: 'call' };
const to = { module: 'host', name: 'call' };

const importsOf = (bytes: Uint8Array): readonly string[] => moduleInterface(bytes).imports.map(({ kind, module, name }) => `${kind} ${module}.${name}`);

const cases: Readonly<Record<string, readonly [imports: string, expected: readonly string[]]>> = {
  'renames the only import': ['(import "kubewarden:javy/host" "call" (func (param i32)))', ['function host.call']],
  'renames an import between others, of every kind': [
    `(import "a" "m" (memory 1 2)) (import "a" "g" (global i32)) (import "kubewarden:javy/host" "call" (func (param i64) (result i32)))
     (import "a" "t" (table 1 funcref)) (import "b" "f" (func))`,
    ['memory a.m', 'global a.g', 'function host.call', 'table a.t', 'function b.f'],
  ],
  'renames every import of the name': [
    '(import "kubewarden:javy/host" "call" (func)) (import "x" "y" (func)) (import "kubewarden:javy/host" "call" (func (param i32)))',
    ['function host.call', 'function x.y', 'function host.call'],
  ],
  'leaves names that only begin alike': ['(import "kubewarden:javy/host" "calls" (func)) (import "kubewarden:javy/host2" "call" (func))', ['function kubewarden:javy/host.calls', 'function kubewarden:javy/host2.call']],
  'leaves what is no function': ['(import "kubewarden:javy/host" "call" (global i32))', ['global kubewarden:javy/host.call']],
};
for (const [title, [imports, expected]] of Object.entries(cases)) {
  rename(title, () => {
    const module = wat(`(module ${imports} (func (export "e")) (data "text"))`.replace(' (data "text")', imports.includes('memory') ? ' (data (i32.const 0) "text")' : ''));
    const renamed = renameFunctionImport(module, from, to);
    assert.equal(importsOf(renamed), expected);
    assert.ok(WebAssembly.validate(Uint8Array.from(renamed)));
    const others = (bytes: Uint8Array): readonly Buffer[] => readSections(bytes).filter(({ id }) => id !== sectionId.import).map(({ encoded }) => Buffer.from(encoded));
    assert.equal(others(renamed), others(module));
    assert.equal(Buffer.from(renameFunctionImport(renamed, to, from)), Buffer.from(module).equals(Buffer.from(renamed)) ? Buffer.from(renamed) : Buffer.from(module));
  });
}

rename('returns the very bytes of a module that has no such import', () => {
  for (const text of ['(module)', '(module (import "a" "b" (func)))']) {
    const module = wat(text);
    assert.is(renameFunctionImport(module, from, to), module);
  }
});

rename('keeps the signatures', () => {
  const module = wat('(module (import "kubewarden:javy/host" "call" (func (param i64 f32) (result i32))))');
  const [found] = moduleInterface(renameFunctionImport(module, from, to)).imports;
  assert.equal(found, { kind: 'function', module: 'host', name: 'call', signature: { params: ['i64', 'f32'], results: ['i32'] } });
});

rename.run();
