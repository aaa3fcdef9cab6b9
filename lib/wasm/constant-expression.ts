// Constant expressions: how a module states initial values. They are passed over, never computed.
import type { Cursor } from './cursor.js';
import { readHeapType } from './value-type.js';

const end = 0x0b;

/** Passes over one constant expression, its end included; instructions that are not constant are refused. */
export function skipConstantExpression(cursor: Cursor): void {
  for (let opcode = cursor.byte(); opcode !== end; opcode = cursor.byte()) skipImmediates(cursor, opcode);
}

function skipImmediates(cursor: Cursor, opcode: number): void {
  switch (opcode) {
    case 0x41: // i32.const
      cursor.skipSigned(32);
      return;
    case 0x42: // i64.const
      cursor.skipSigned(64);
      return;
    case 0x43: // f32.const
      cursor.take(4);
      return;
    case 0x44: // f64.const
      cursor.take(8);
      return;
    case 0x23: // global.get
    case 0xd2: // ref.func
      cursor.u32();
      return;
    case 0xd0: // ref.null
      readHeapType(cursor);
      return;
    default:
      throw cursor.malformed(`the instruction 0x${opcode.toString(16)} in a constant expression`);
  }
}
