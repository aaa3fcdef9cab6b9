import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { parseMetadata } from '../../../lib/policy/metadata.js';
import { annotateModule, moduleData, moduleReuse, readMetadata, readPolicyModule } from '../../../lib/policy/module.js';
import { readSections } from '../../../lib/wasm/sections.js';
import { faultOf } from '../../support/fault-of.js';
import { fixtureBytes } from '../../support/fixtures.js';
import { wat } from '../../support/wat.js';

const module = suite('policy/module');

const metadata = parseMetadata({ rules: [], mutating: true, protocolVersion: 'v1' });

module('tells what a module is, asks for and offers', () => {
  const { abi, imports, exports } = readPolicyModule(fixtureBytes('adversarial/accept'));
  assert.is(abi, 'wapc');
  assert.ok(imports.every((entry) => entry.module === 'wapc'));
  assert.ok(exports.some(({ name }) => name === '__guest_call'));
  assert.is(readPolicyModule(wat('(module (func (export "_start")))')).abi, 'wasi-command');
  assert.is(readPolicyModule(wat('(module (func (export "opa_eval")))')).abi, 'opa');
  assert.is(readPolicyModule(wat('(module)')).abi, 'unknown');
  assert.is(faultOf(() => readPolicyModule(Uint8Array.of(1, 2, 3, 4))).code, 'WASM_NOT_A_MODULE');
});

module('reads back the metadata it wrote, and changes no other section', () => {
  const bare = fixtureBytes('adversarial/accept');
  assert.is(readMetadata(bare), undefined);
  const annotated = annotateModule(bare, metadata);
  assert.equal(readMetadata(annotated), metadata);
  assert.equal(Buffer.from(annotated.subarray(0, bare.length)), Buffer.from(bare));
  const changed = annotateModule(annotated, { ...metadata, mutating: false });
  assert.is(readMetadata(changed)?.mutating, false);
  assert.is(readSections(changed).length, readSections(annotated).length);
});

module('writes no metadata that is too large to be read back', () => {
  const large = { ...metadata, annotations: { usage: 'x'.repeat(1024 * 1024) } };
  const fault = faultOf(() => annotateModule(wat('(module)'), large));
  assert.is(fault.code, 'METADATA_INVALID');
  assert.match(fault.message, /^Cannot annotate the module: its metadata would have \d+ bytes, the limit is 1048576\.$/);
  const fits = { ...metadata, annotations: { usage: 'x'.repeat(1000 * 1024) } };
  assert.equal(readMetadata(annotateModule(wat('(module)'), fits)), fits);
});

module('gives the host call of JavaScript policies its common name', () => {
  const javy = wat('(module (import "kubewarden:javy/host" "call" (func (param i32))) (func (export "_start")))');
  assert.equal(readPolicyModule(annotateModule(javy, metadata)).imports.map((entry) => entry.module), ['host']);
});

module('finds the texts of a program', () => {
  const bytes = wat('(module (memory 1) (data (i32.const 8) "kubernetes") (data "get_resource"))');
  const text = Buffer.from(moduleData(bytes)).toString('latin1');
  assert.match(text, 'kubernetes');
  assert.match(text, 'get_resource');
  assert.is(moduleData(wat('(module)')).length, 0);
});

module('tells how instances can be used', () => {
  assert.equal(moduleReuse(wat('(module (memory 40000) (table 1000000 funcref))')), { kind: 'resettable' });
  assert.equal(moduleReuse(wat('(module (table (export "t") 1 funcref))')), { kind: 'fresh-only', reasons: ['it exports a table'], isInterruptible: true });
  const thrown = moduleReuse(wat('(module (tag $t) (func (throw $t)))'));
  assert.ok(thrown.kind === 'fresh-only' && !thrown.isInterruptible);
  assert.equal(moduleReuse(wat('(module (memory 1) (memory 1))')), { kind: 'refused', message: 'cannot use the Wasm module: it has more than one memory' });
});

module.run();
