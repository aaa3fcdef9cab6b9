// Bulk operations on tables as functions. The limit on elements bounds each of them to less than a millisecond; what an engine
// lacks is a moment at which it looks whether its thread is to end, and that comes with each call. A loop of the bare
// instructions was seen to outlive every attempt to end its thread.
import { i32, type AddedFunction, type EncodedType } from './added-function.js';
import { write } from './instruction-writer.js';
import { opcode, type Instruction } from './instructions.js';

/** The operation with the same operands and results; undefined for an instruction that is none. */
export function tableOperation(instruction: Pick<Instruction, 'opcode' | 'index' | 'secondIndex'>, tableTypes: readonly EncodedType[]): AddedFunction | undefined {
  const { index, secondIndex } = instruction;
  const element = tableTypes[index] ?? i32;
  switch (instruction.opcode) {
    case opcode.tableInit:
    case opcode.tableCopy:
      return operation(instruction.opcode, [i32, i32, i32], [], [index, secondIndex]);
    case opcode.tableFill:
      return operation(instruction.opcode, [i32, element, i32], [], [index]);
    case opcode.tableGrow:
      return operation(instruction.opcode, [element, i32], [i32], [index]);
    default:
      return undefined;
  }
}

function operation(code: number, params: readonly EncodedType[], results: readonly EncodedType[], indices: readonly number[]): AddedFunction {
  const body = write();
  for (const operand of params.keys()) body.at('local.get', operand);
  return { params, results, locals: 0, code: body.table(code % 0x10000, ...indices).op('end').bytes };
}
