// Bulk memory operations in steps. The engine interrupts nothing within an instruction, and one that fills 128 MiB in a loop was
// seen to outlive every attempt to end its thread.
import { i32, type AddedFunction } from './added-function.js';
import { write, type Encoded, type InstructionWriter } from './instruction-writer.js';

/** Bytes that one instruction may write: some microseconds. */
export const chunkBytes = 64 * 1024;

const [destination, source, length] = [0, 1, 2];

/**
 * `memory.fill` with the same operands and the same effect.
 *
 * @param check code that ends a guest whose time is up
 */
export function chunkedFill(check: Encoded): AddedFunction {
  const value = source;
  const fill = (code: InstructionWriter, count: (code: InstructionWriter) => InstructionWriter): InstructionWriter =>
    count(code.at('local.get', destination).at('local.get', value)).op('memory.fill');
  const code = whole(write(), (body) => fill(body, wanted));
  refusedBeyond(code, destination, (body) => fill(body, wanted));
  forwards(code, check, [destination], (body) => fill(body, chunk));
  return threeNumbers(fill(code, wanted));
}

/**
 * `memory.init` of one segment with the same operands and the same effect.
 *
 * @param segmentBytes the segment's length; whether it was dropped meanwhile shows at the first step
 */
export function chunkedInit(segment: number, segmentBytes: number, check: Encoded): AddedFunction {
  const init = (code: InstructionWriter, count: (code: InstructionWriter) => InstructionWriter): InstructionWriter =>
    count(code.at('local.get', destination).at('local.get', source)).memoryInit(segment);
  // A short segment needs no steps; being called is what lets the engine end the thread between two operations.
  if (segmentBytes <= chunkBytes) return threeNumbers(init(write(), wanted));
  const code = whole(write(), (body) => init(body, wanted));
  refusedBeyond(code, destination, (body) => init(body, wanted));
  // What lies beyond the segment's end is refused before the first byte is written, too.
  code.at('local.get', length).i32(segmentBytes).op('i32.gt_u', 'if');
  init(code, wanted).op('unreachable', 'end');
  code.at('local.get', source).i32(segmentBytes).at('local.get', length).op('i32.sub', 'i32.gt_u', 'if');
  init(code, wanted).op('unreachable', 'end');
  return threeNumbers(init(forwards(code, check, [destination, source], (body) => init(body, chunk)), wanted));
}

/** `memory.copy` with the same operands and the same effect, overlapping ranges included. */
export function chunkedCopy(check: Encoded): AddedFunction {
  const copy = (code: InstructionWriter, count: (code: InstructionWriter) => InstructionWriter): InstructionWriter =>
    count(code.at('local.get', destination).at('local.get', source)).op('memory.copy');
  const code = whole(write(), (body) => copy(body, wanted));
  refusedBeyond(code, destination, (body) => copy(body, wanted));
  refusedBeyond(code, source, (body) => copy(body, wanted));
  code.at('local.get', destination).at('local.get', source).op('i32.le_u', 'if');
  copy(forwards(code, check, [destination, source], (body) => copy(body, chunk)), wanted).op('return', 'end');
  // To a higher address: the end first, or its source would be overwritten before it is read.
  code.op('loop').at('local.get', length).i32(chunkBytes).op('i32.gt_u', 'if').put(check);
  code.at('local.get', length).i32(chunkBytes).op('i32.sub').at('local.set', length);
  for (const operand of [destination, source]) code.at('local.get', operand).at('local.get', length).op('i32.add');
  code.i32(chunkBytes).op('memory.copy').at('br', 1).op('end', 'end');
  return threeNumbers(copy(code, wanted));
}

function threeNumbers(code: InstructionWriter): AddedFunction {
  return { params: [i32, i32, i32], results: [], locals: 0, code: code.op('end').bytes };
}

const wanted = (code: InstructionWriter): InstructionWriter => code.at('local.get', length);
const chunk = (code: InstructionWriter): InstructionWriter => code.i32(chunkBytes);

/** Most operations are small, and are one instruction as before. */
function whole(code: InstructionWriter, operate: (code: InstructionWriter) => InstructionWriter): InstructionWriter {
  return operate(code.at('local.get', length).i32(chunkBytes).op('i32.le_u', 'if')).op('return', 'end');
}

/** An operation that reaches beyond the memory's end traps before it writes anything: the instruction itself does that. */
function refusedBeyond(code: InstructionWriter, start: number, operate: (code: InstructionWriter) => InstructionWriter): void {
  const wide = (local: number): InstructionWriter => code.at('local.get', local).op('i64.extend_i32_u');
  wide(start);
  wide(length).op('i64.add', 'memory.size', 'i64.extend_i32_u').smallI64(16).op('i64.shl', 'i64.gt_u', 'if');
  operate(code).op('unreachable', 'end');
}

/** Steps while more than a chunk is left; the operands that move move along. */
function forwards(code: InstructionWriter, check: Encoded, moving: readonly number[], step: (code: InstructionWriter) => InstructionWriter): InstructionWriter {
  code.op('loop').at('local.get', length).i32(chunkBytes).op('i32.gt_u', 'if').put(check);
  step(code);
  for (const operand of moving) code.at('local.get', operand).i32(chunkBytes).op('i32.add').at('local.set', operand);
  return code.at('local.get', length).i32(chunkBytes).op('i32.sub').at('local.set', length).at('br', 1).op('end', 'end');
}
