// The loader with its real thread: files and bytes, good and bad, limits, time and loss.
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import type { Fault } from '../../../../lib/fault.js';
import { isFault } from '../../../../lib/fault.js';
import { Loader } from '../../../../lib/runtime/loader/loader.js';
import type { LoadedModule } from '../../../../lib/runtime/loader/module-load.js';
import { runtimeSettings } from '../../../../lib/runtime/options.js';
import { maxModuleBytes } from '../../../../lib/wasm/ceilings.js';
import { withCustomSection } from '../../../../lib/wasm/custom-section.js';
import { fixtureBytes } from '../../../support/fixtures.js';
import { instanceOf } from '../../../support/sandbox-code.js';
import { bytes, moduleOf, name, section } from '../../../support/module-bytes.js';
import { guestBytes } from '../../../support/wapc-guest.js';
import { wat } from '../../../support/wat.js';

const loaders = suite('runtime/loader/loader');

const limits = { ...runtimeSettings({}).sandbox.limits, memoryPages: 4, tableElements: 100 };
const folder = mkdtempSync(join(tmpdir(), 'loader-'));
const loader = new Loader();
loaders.after(async () => {
  await loader[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const ofBytes = (bytes: Uint8Array) => ({ kind: 'bytes', bytes }) as const;
const ofFile = (path: string) => ({ kind: 'file', path }) as const;

/** A file in the test's own folder. */
function fileOf(name: string, content: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function faultOf(loading: Promise<LoadedModule>): Promise<Fault> {
  const thrown: unknown = await loading.then(() => undefined, (reason: unknown) => reason);
  if (isFault(thrown)) return thrown;
  throw new Error(`expected a fault, found ${String(thrown)}`);
}

loaders('a file and its bytes are one module: same digest, same interface', async () => {
  const bytes = fixtureBytes('pod-privileged');
  const fromBytes = await loader.load(ofBytes(bytes), limits);
  const fromFile = await loader.load(ofFile(fileOf('policy.wasm', bytes)), limits);
  for (const loaded of [fromBytes, fromFile]) {
    assert.instance(loaded.module, WebAssembly.Module);
    assert.is(loaded.abi, 'wapc');
    assert.is(loaded.sizeBytes, bytes.byteLength);
    assert.match(new TextDecoder().decode(loaded.metadata), /"protocolVersion":"v1"/);
    assert.is(loaded.digest, Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('hex'));
  }
});

loaders("metadata comes alone, not as a view of the whole module", async () => {
  const { metadata } = await loader.load(ofBytes(fixtureBytes('pod-privileged')), limits);
  assert.is(metadata?.buffer.byteLength, metadata?.byteLength);
});

loaders('a module without metadata has none', async () => {
  assert.is((await loader.load(ofBytes(guestBytes({})), limits)).metadata, undefined);
});

loaders("the caller's bytes stay whole", async () => {
  const bytes = guestBytes({});
  const { byteLength } = bytes;
  await loader.load(ofBytes(bytes), limits);
  assert.is(bytes.byteLength, byteLength);
});

loaders('modules that are loaded at once are told apart', async () => {
  const [first, second, third] = await Promise.all([
    loader.load(ofBytes(guestBytes({})), limits),
    faultOf(loader.load(ofBytes(Uint8Array.of(1, 2, 3)), limits)),
    loader.load(ofBytes(fixtureBytes('pod-privileged')), limits),
  ]);
  assert.is(first.sizeBytes, guestBytes({}).byteLength);
  assert.is(second.code, 'WASM_NOT_A_MODULE');
  assert.is(third.sizeBytes, fixtureBytes('pod-privileged').byteLength);
});

for (const [title, fields, abi] of [
  ['a program for WASI', '(memory (export "memory") 1) (func (export "_start"))', 'wasi-command'],
  ['a Rego policy', '(memory (export "memory") 1) (func (export "opa_eval"))', 'opa'],
] as const) {
  loaders(`${title} is recognised; linking it is not the matter of waPC`, async () => {
    assert.is((await loader.load(ofBytes(wat(`(module ${fields})`)), limits)).abi, abi);
  });
}

const badBytes: readonly (readonly [string, () => Uint8Array, string, RegExp])[] = [
  ['no bytes', () => new Uint8Array(0), 'WASM_NOT_A_MODULE', /./],
  ['a text', () => new TextEncoder().encode('not Wasm at all'), 'WASM_NOT_A_MODULE', /./],
  ['a truncated module', () => guestBytes({}).subarray(0, 60), 'WASM_TRUNCATED', /./],
  ['a module whose code does not validate', () => wat('(module (memory (export "memory") 1) (func (export "__guest_call") (param i32 i32) (result i32) (local.get 0)))').map((byte, index, all) => (index === all.length - 2 ? 7 : byte)), 'MODULE_INVALID', /^Cannot compile the module: /],
  ['an import that no host offers', () => wat('(module (import "env" "exec" (func)) (memory (export "memory") 1) (func (export "__guest_call") (param i32 i32) (result i32) (i32.const 1)))'), 'MODULE_UNLINKABLE', /'env\.exec', which the host does not offer/],
  ['no __guest_call', () => wat('(module (memory (export "memory") 1))'), 'MODULE_UNLINKABLE', /^Guest call function \(__guest_call\) not exported by wasm module\.$/],
  ['more memory to begin with than allowed', () => wat('(module (memory (export "memory") 5) (func (export "__guest_call") (param i32 i32) (result i32) (i32.const 1)))'), 'WASM_LIMIT_EXCEEDED', /begins with 5 pages/],
  ['a larger table than allowed', () => guestBytes({ fields: '(table 101 funcref)' }), 'WASM_LIMIT_EXCEEDED', /begin with 101 elements/],
  ['metadata that no policy has', () => withCustomSection(guestBytes({}), 'io.kubewarden.metadata', new Uint8Array(1024 * 1024 + 1)), 'METADATA_INVALID', /its metadata has 1048577 bytes, the limit is 1048576\.$/],
];
for (const [title, bytes, code, message] of badBytes) {
  loaders(`a module with ${title} is refused`, async () => {
    for (const source of [ofBytes(bytes()), ofFile(fileOf('bad.wasm', bytes()))]) {
      const fault = await faultOf(loader.load(source, limits));
      assert.is(fault.code, code);
      assert.match(fault.message, message);
    }
  });
}

loaders('a module that the engine refuses is refused, though the code that would take its place be valid', async () => {
  // The memory of memory.grow is 0 written in two bytes: engines with one memory per module refuse that, and those with several take it.
  const grow = bytes(0, 0x41, 0, 0x40, 0x80, 0, 0x0b);
  const module = moduleOf(
    section(1, bytes(1, 0x60, 2, 0x7f, 0x7f, 1, 0x7f)),
    section(3, bytes(1, 0)),
    section(5, bytes(1, 0, 1)),
    section(7, bytes(2), name('memory'), bytes(2, 0), name('__guest_call'), bytes(0, 0)),
    section(10, bytes(1, grow.length), grow),
  );
  const outcome = await loader.load(ofBytes(module), limits).then(() => 'loaded', (reason: unknown) => (isFault(reason) ? reason.code : String(reason)));
  assert.is(outcome, WebAssembly.validate(module) ? 'loaded' : 'MODULE_INVALID');
});

loaders('memory cannot grow beyond the limit, nor a table', async () => {
  const bytes = wat(`(module
    (memory (export "memory") 1)
    (table $t 1 funcref)
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "grow_table") (param i32) (result i32) (table.grow $t (ref.null func) (local.get 0)))
    (func (export "__guest_call") (param i32 i32) (result i32) (i32.const 1)))`);
  const { module, layout } = await loader.load(ofBytes(bytes), limits);
  const { grow, grow_table: growTable } = instanceOf(module, layout).exports;
  assert.ok(typeof grow === 'function' && typeof growTable === 'function');
  assert.is(Reflect.apply(grow, undefined, [4]), -1);
  assert.is(Reflect.apply(grow, undefined, [3]), 1);
  assert.is(Reflect.apply(growTable, undefined, [100]), -1);
  assert.is(Reflect.apply(growTable, undefined, [99]), 1);
});

const exceeded: readonly (readonly [string, Partial<typeof limits>, string])[] = [
  ['functions', { functions: 9 }, 'WASM_LIMIT_EXCEEDED'],
  ['locals in a function', { localsPerFunction: 4 }, 'WASM_LIMIT_EXCEEDED'],
  ['data', { dataBytes: 20 }, 'WASM_LIMIT_EXCEEDED'],
  ['bytes', { moduleBytes: 100 }, 'MODULE_TOO_LARGE'],
  ['memory', { memoryPages: 1 }, 'WASM_LIMIT_EXCEEDED'],
  ['table elements', { tableElements: 2 }, 'WASM_LIMIT_EXCEEDED'],
];
const modest = wat(`(module (memory (export "memory") 2) (table 3 funcref) (data (i32.const 0) "twenty bytes of data")
  (func (local i32 i32 i32 i32 i32)) ${'(func) '.repeat(9)} (func (export "__guest_call") (param i32 i32) (result i32) (i32.const 1)))`);
for (const [title, narrow, code] of exceeded) {
  loaders(`more ${title} than the limit are refused`, async () => {
    assert.is((await loader.load(ofBytes(modest), limits)).abi, 'wapc');
    assert.is((await faultOf(loader.load(ofBytes(modest), { ...limits, ...narrow }))).code, code);
  });
}

loaders('a missing file is told by its path', async () => {
  const fault = await faultOf(loader.load(ofFile(join(folder, 'missing.wasm')), limits));
  assert.is(fault.code, 'MODULE_UNREADABLE');
  assert.match(fault.message, /^Cannot read the module '.*missing\.wasm': ENOENT: no such file or directory/);
});

for (const [title, path] of [['a folder', folder], ['a device without end', '/dev/zero']] as const) {
  loaders(`${title} is no module`, async () => {
    const fault = await faultOf(loader.load(ofFile(path), limits));
    assert.equal([fault.code, fault.message], ['MODULE_UNREADABLE', `Cannot read the module '${path}': it is not a file.`]);
  });
}

loaders('a file beyond the limit is not read', async () => {
  const path = fileOf('huge.wasm', '');
  truncateSync(path, maxModuleBytes + 1);
  const fault = await faultOf(loader.load(ofFile(path), limits));
  assert.equal([fault.code, fault.message], ['MODULE_TOO_LARGE', `Cannot load the module '${path}': it has ${maxModuleBytes + 1} bytes, the limit is ${maxModuleBytes}.`]);
});

loaders('bytes beyond the limit are not looked at', async () => {
  const fault = await faultOf(loader.load(ofBytes(new Uint8Array(maxModuleBytes + 1)), limits));
  assert.equal([fault.code, fault.message], ['MODULE_TOO_LARGE', `Cannot load the module: it has ${maxModuleBytes + 1} bytes, the limit is ${maxModuleBytes}.`]);
});

loaders('a module that takes too long is given up, and the next one gets a new thread', async () => {
  await using hasty = new Loader();
  for (let attempt = 0; attempt < 2; attempt += 1) {
    // Starting a thread alone takes longer than a millisecond.
    const fault = await faultOf(hasty.load(ofBytes(guestBytes({})), { ...limits, loadMs: 1 }));
    assert.equal([fault.code, fault.message], ['MODULE_LOAD_TIMEOUT', 'Cannot load the module: checking and compiling it took longer than 1 ms.']);
  }
});

loaders('disposing ends what is pending, and what comes later', async () => {
  const closing = new Loader();
  const pending = faultOf(closing.load(ofBytes(guestBytes({})), limits));
  await closing[Symbol.asyncDispose]();
  assert.is((await pending).code, 'RUNTIME_CLOSED');
  assert.is((await faultOf(closing.load(ofBytes(guestBytes({})), limits))).code, 'RUNTIME_CLOSED');
  await closing[Symbol.asyncDispose]();
});

loaders('disposing of a loader that never loaded anything is nothing', async () => {
  await new Loader()[Symbol.asyncDispose]();
});

loaders.run();
