// WebAssembly text to bytes, for tests that write their guests down.
import loadWabt from 'wabt';

const wabt = await loadWabt();
const features = {
  exceptions: true, mutable_globals: true, sat_float_to_int: true, sign_extension: true, simd: true, threads: true, function_references: true,
  multi_value: true, tail_call: true, bulk_memory: true, reference_types: true, gc: true, memory64: true, multi_memory: true, extended_const: true,
};

/** The binary of a module written as text; `name` appears in the messages about its mistakes. */
export function wat(text: string, name = 'test.wat'): Uint8Array<ArrayBuffer> {
  const module = wabt.parseWat(name, text, features);
  try {
    return Uint8Array.from(module.toBinary({ write_debug_names: false }).buffer);
  } finally {
    module.destroy();
  }
}
