// The failures of reading and limiting a module: whoever supplied the module causes them.
import { Fault } from '../fault.js';

/**
 * - `WASM_NOT_A_MODULE`: the bytes are something else.
 * - `WASM_TRUNCATED`: something reaches past the end of what holds it.
 * - `WASM_MALFORMED`: the binary format is broken.
 * - `WASM_UNSUPPORTED`: a valid module uses a feature that policies may not use.
 * - `WASM_LIMIT_EXCEEDED`: the module declares more than it may.
 */
export type WasmFaultCode = 'WASM_NOT_A_MODULE' | 'WASM_TRUNCATED' | 'WASM_MALFORMED' | 'WASM_UNSUPPORTED' | 'WASM_LIMIT_EXCEEDED';

/** A fault about a module; `problem` continues the words "cannot use the Wasm module:". */
export function wasmFault(code: WasmFaultCode, problem: string): Fault<WasmFaultCode> {
  return new Fault(code, `cannot use the Wasm module: ${problem}`);
}
