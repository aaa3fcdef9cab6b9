// Growing inside a memory that is larger than it seems. A memory cannot shrink, so one that grew for a request would let the next
// one see that; instead each instance has some pages to spare from its beginning, and growing into them moves a number.
import type { AddedFunction } from './added-function.js';
import { write } from './instruction-writer.js';

const [delta, before] = [0, 1];

/**
 * `memory.grow` with the same operand and result, on the size that a global holds.
 *
 * The memory itself grows only where the spare pages do not suffice; that can be seen by its size, and such an instance is
 * not used again.
 *
 * @param sizeGlobal index of the global that holds the pages which the guest believes to have
 */
export function virtualGrow(sizeGlobal: number, maximumPages: number): AddedFunction {
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
  return { signature: 'grow', locals: 1, code: code.at('local.get', before).op('end').bytes };
}
