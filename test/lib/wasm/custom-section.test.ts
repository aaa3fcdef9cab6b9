import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { customSection, withCustomSection } from '../../../lib/wasm/custom-section.js';
import { faultOf } from '../../support/fault-of.js';
import { callExport, instantiate } from '../../support/instance.js';
import { bytes, moduleOf, name, section } from '../../support/module-bytes.js';
import { wat } from '../../support/wat.js';

const custom = suite('wasm/custom-section');
const label = 'io.kubewarden.metadata';
const payload = new TextEncoder().encode('{"mutating":false}');
const policy = wat('(module (memory 1) (func (export "f") (result i32) (i32.const 42)))');

custom('a module without the section has none', () => {
  assert.is(customSection(policy, label), undefined);
  for (const other of [`${label}2`, label.slice(0, -1), '']) assert.is(customSection(withCustomSection(policy, other, payload), label), undefined);
});

custom('what was put in is found again, by V8 too', () => {
  const annotated = Uint8Array.from(withCustomSection(policy, label, payload));
  assert.equal(customSection(annotated, label), payload);
  assert.equal(new Uint8Array(WebAssembly.Module.customSections(new WebAssembly.Module(annotated), label)[0] ?? new ArrayBuffer(0)), payload);
  assert.is(callExport(instantiate(annotated), 'f'), 42);
});

custom('a new section goes to the end and changes no other byte', () => {
  const annotated = withCustomSection(policy, label, payload);
  assert.equal(annotated.subarray(0, policy.length), policy);
});

custom('an existing section is replaced in its place', () => {
  const before = moduleOf(section(0, name('first'), bytes(1)));
  const old = section(0, name(label), bytes(9, 9, 9));
  const after = policy.subarray(8);
  const changed = withCustomSection(Uint8Array.from([...before, ...old, ...after]), label, payload);
  assert.equal(changed, Uint8Array.from([...before, ...section(0, name(label), payload), ...after]));
});

custom('of two sections of one name the first counts', () => {
  const twice = moduleOf(section(0, name(label), bytes(1)), section(0, name(label), bytes(2)));
  assert.equal([...(customSection(twice, label) ?? [])], [1]);
  assert.equal(withCustomSection(twice, label, bytes(3)), moduleOf(section(0, name(label), bytes(3)), section(0, name(label), bytes(2))));
});

custom('the payload may be empty', () => {
  assert.is(customSection(withCustomSection(policy, label, bytes()), label)?.length, 0);
});

custom('sections of other names need not be UTF-8', () => {
  assert.equal(customSection(moduleOf(section(0, bytes(1, 0xff)), section(0, name('é'), bytes(5))), 'é'), bytes(5));
});

custom('a name longer than its section is refused', () => {
  assert.is(faultOf(() => customSection(moduleOf(section(0, bytes(9, 0x61))), label)).code, 'WASM_TRUNCATED');
  assert.is(faultOf(() => customSection(moduleOf(section(0)), label)).code, 'WASM_TRUNCATED');
});

custom('any payload under any name reads back, and putting it in twice is putting it in once', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.uint8Array({ maxLength: 300 }), (anyName, anyPayload) => {
      const once = withCustomSection(policy, anyName, anyPayload);
      assert.equal([...(customSection(once, anyName) ?? [])], [...anyPayload]);
      assert.equal(withCustomSection(once, anyName, anyPayload), once);
    }),
    { seed: 71, numRuns: 300 },
  );
});

custom.run();
