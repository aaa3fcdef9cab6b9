// Growing inside a memory that is larger than it seems. A memory cannot shrink, so one that grew for a request would let the next
// one see that; instead each instance gets some pages to spare when its snapshot is taken, and growing into them moves a number.
// While a guest starts, its memory is as large as it believes, so that data for addresses behind the end is refused as ever.
import { i32, type AddedFunction } from './added-function.js';
import { write, type Encoded, type InstructionWriter } from './instruction-writer.js';

/** The numbers that virtual growth works with. */
export interface VirtualMemory {
  /** Index of the global that holds the pages which the guest believes to have. */
  readonly sizeGlobal: number;
  readonly maximumPages: number;
  readonly headroomPages: number;
}

const [delta, before] = [0, 1];

/**
 * `memory.grow` with the same operand and result, on the size that a global holds.
 *
 * The memory itself grows only where the spare pages do not suffice; that can be seen by its size, and such an instance is
 * not used again.
 */
export function virtualGrow({ sizeGlobal, maximumPages }: VirtualMemory): AddedFunction {
  const code = write().at('global.get', sizeGlobal).at('local.set', before);
  const refused = (): void => void code.op('if').i32(-1).op('return', 'end');
  const missing = (): void => void code.at('local.get', before).at('local.get', delta).op('i32.add', 'memory.size', 'i32.sub');
  code.at('local.get', delta).i32(maximumPages).at('local.get', before).op('i32.sub', 'i32.gt_u');
  refused();
  missing();
  code.i32(0).op('i32.gt_s', 'if');
  missing();
  code.op('memory.grow').i32(-1).op('i32.eq');
  refused();
  code.op('end');
  code.at('local.get', before).at('local.get', delta).op('i32.add').at('global.set', sizeGlobal);
  return { params: [i32], results: [i32], locals: 1, code: code.at('local.get', before).op('end').bytes };
}

/** Code that lets the memory grow by its spare pages, or as far as it may; done twice it does no more than once. */
export function reserveHeadroom({ sizeGlobal, maximumPages, headroomPages }: VirtualMemory): Encoded {
  const code = write();
  const wanted = (): InstructionWriter => code.at('global.get', sizeGlobal).i32(headroomPages).op('i32.add');
  const growTo = (target: () => InstructionWriter): InstructionWriter => target().op('memory.size', 'i32.sub', 'memory.grow', 'drop');
  wanted().op('memory.size', 'i32.gt_u', 'if');
  wanted().i32(maximumPages).op('i32.gt_u', 'if');
  growTo(() => code.i32(maximumPages)).op('else');
  return growTo(wanted).op('end', 'end').bytes;
}
