// Extism's host with the echo guest ported to its protocol. A plugin is one instance that is never put back; a new one for each
// evaluation is what isolation costs there.
import { createRequire } from 'node:module';

import { createPlugin } from '@extism/extism';

const require = createRequire(import.meta.url);

const text = `(module
  (import "extism:host/env" "input_length" (func $length (result i64)))
  (import "extism:host/env" "input_load_u64" (func $load (param i64) (result i64)))
  (import "extism:host/env" "input_load_u8" (func $load_byte (param i64) (result i32)))
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u64" (func $store (param i64 i64)))
  (import "extism:host/env" "store_u8" (func $store_byte (param i64 i32)))
  (import "extism:host/env" "output_set" (func $output (param i64 i64)))
  (memory (export "memory") 2)
  (func (export "echo") (result i32)
    (local $size i64) (local $at i64) (local $block i64)
    (local.set $size (call $length))
    (local.set $block (call $alloc (local.get $size)))
    (block $words_done (loop $words
      (br_if $words_done (i64.gt_u (i64.add (local.get $at) (i64.const 8)) (local.get $size)))
      (call $store (i64.add (local.get $block) (local.get $at)) (call $load (local.get $at)))
      (local.set $at (i64.add (local.get $at) (i64.const 8)))
      (br $words)))
    (block $bytes_done (loop $bytes
      (br_if $bytes_done (i64.ge_u (local.get $at) (local.get $size)))
      (call $store_byte (i64.add (local.get $block) (local.get $at)) (call $load_byte (local.get $at)))
      (local.set $at (i64.add (local.get $at) (i64.const 1)))
      (br $bytes)))
    (call $output (local.get $block) (local.get $size))
    (i32.const 0)))`;

async function echoModule() {
  const wabt = await require('wabt')();
  const parsed = wabt.parseWat('echo.wat', text);
  const { buffer } = parsed.toBinary({});
  parsed.destroy();
  return Uint8Array.from(buffer);
}

const plugin = async (data) => createPlugin({ wasm: [{ data }] }, { useWasi: false, runInWorker: false });

/** One plugin, called again and again. Without `reset` it takes a new number for each block, and fails after 32,768 of them. */
export async function extism({ payload }) {
  const echo = await plugin(await echoModule());
  return async () => {
    const answer = await echo.call('echo', payload);
    if (answer?.byteLength !== payload.byteLength) throw new Error('the echo is not what was called');
    await echo.reset();
  };
}

/** A plugin for each call. */
export async function freshExtism({ payload }) {
  const data = await WebAssembly.compile(await echoModule());
  return async () => {
    const echo = await createPlugin({ wasm: [{ module: data }] }, { useWasi: false, runInWorker: false });
    await echo.call('echo', payload);
    await echo.close();
  };
}
