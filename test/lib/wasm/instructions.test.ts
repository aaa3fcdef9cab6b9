import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { Cursor } from '../../../lib/wasm/cursor.js';
import { readInstruction, supportedOpcodes, UnsupportedInstruction } from '../../../lib/wasm/instructions.js';
import { faultOf } from '../../support/fault-of.js';
import { catalogue } from '../../support/opcode-catalogue.js';

const instructions = suite('wasm/instructions');

const read = (...bytes: readonly number[]) => readInstruction(new Cursor(Uint8Array.from(bytes), 'a function'));
/** Longer than any instruction: what is not its own must be left alone. */
const filler = new Array<number>(20).fill(0x0b);

const lengths: readonly (readonly [string, readonly number[]])[] = [
  ['unreachable', [0x00]],
  ['a block without results', [0x02, 0x40]],
  ['a loop of a value type', [0x03, 0x7f]],
  ['an if of a function type', [0x04, 0x05]],
  ['a block of a function type beyond 63', [0x02, 0xc0, 0x00]],
  ['a block of a function type with padding', [0x02, 0x85, 0x80, 0x80, 0x80, 0x00]],
  ['a branch', [0x0c, 0x01]],
  ['a table of branches', [0x0e, 0x02, 0x00, 0x80, 0x01, 0x00]],
  ['an empty table of branches', [0x0e, 0x00, 0x03]],
  ['a call', [0x10, 0x80, 0x01]],
  ['an indirect call', [0x11, 0x02, 0x00]],
  ['a tail call', [0x12, 0x02]],
  ['an indirect tail call', [0x13, 0x02, 0x00]],
  ['a select with a type', [0x1c, 0x01, 0x7f]],
  ['a local beyond 127', [0x20, 0xff, 0x01]],
  ['a write to a table', [0x26, 0x00]],
  ['a load', [0x28, 0x02, 0x10]],
  ['a load with the largest offset', [0x28, 0x02, 0xff, 0xff, 0xff, 0xff, 0x0f]],
  ['a load whose offset is padded to 64 bits', [0x28, 0x02, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]],
  ['memory.size', [0x3f, 0x00]],
  ['a constant of 32 bits', [0x41, 0x80, 0x80, 0x80, 0x80, 0x78]],
  ['a constant of 64 bits', [0x42, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f]],
  ['a float', [0x43, 0x26, 0x26, 0x26, 0x26]],
  ['a double', [0x44, 1, 2, 3, 4, 5, 6, 7, 8]],
  ['a null function', [0xd0, 0x70]],
  ['a null of outside', [0xd0, 0x6f]],
  ['a function\'s reference', [0xd2, 0x03]],
  ['memory.init', [0xfc, 0x08, 0x03, 0x00]],
  ['memory.init with a padded opcode', [0xfc, 0x88, 0x80, 0x00, 0x03, 0x00]],
  ['memory.copy', [0xfc, 0x0a, 0x00, 0x00]],
  ['memory.fill', [0xfc, 0x0b, 0x00]],
  ['table.init', [0xfc, 0x0c, 0x01, 0x00]],
  ['table.size', [0xfc, 0x10, 0x00]],
  ['a vector', [0xfd, 0x0c, ...new Array<number>(16).fill(0xfc)]],
  ['a shuffle', [0xfd, 0x0d, ...new Array<number>(16).fill(31)]],
  ['a load of a lane', [0xfd, 0x54, 0x00, 0x10, 0x0f]],
  ['a lane', [0xfd, 0x15, 0x0f]],
  ['a vector instruction beyond 127', [0xfd, 0xff, 0x01]],
];
for (const [title, bytes] of lengths) {
  instructions(`passes over ${title}`, () => {
    assert.is(read(...bytes, ...filler).end, bytes.length);
    assert.is(faultOf(() => read(...bytes.slice(0, -1))).code, 'WASM_TRUNCATED');
  });
}

instructions('tells the indices that an instruction has', () => {
  const told = ([first, ...rest]: readonly number[]) => {
    const { opcode, index, secondIndex } = read(first ?? 0, ...rest);
    return [opcode, index, secondIndex];
  };
  assert.equal(told([0x10, 0x80, 0x01]), [0x10, 128, 0]);
  assert.equal(told([0xfc, 0x0c, 0x07, 0x02]), [0xfc000c, 7, 2]);
  assert.equal(told([0xfc, 0x08, 0x05, 0x00]), [0xfc0008, 5, 0]);
  assert.equal(told([0x28, 0x02, 0x09]), [0x28, 0, 0]);
});

const unsupported: readonly (readonly [string, readonly number[], string])[] = [
  ['an exception of the older kind', [0x06, 0x40], 'the instruction 0x06'],
  ['a throw', [0x08, 0x00], 'the instruction 0x08'],
  ['an exception of the newer kind', [0x1f, 0x40, 0x00], 'the instruction 0x1f'],
  ['a call by reference', [0x14, 0x00], 'the instruction 0x14'],
  ['a test of references', [0xd3], 'the instruction 0xd3'],
  ['garbage collection', [0xfb, 0x00, 0x00], 'the instruction 0xfb'],
  ['atomics', [0xfe, 0x10, 0x02, 0x00], 'the instruction 0xfe'],
  ['relaxed vectors', [0xfd, 0x80, 0x02], 'the instruction 0xfd 0x100'],
  ['a number of a vector that was never given out', [0xfd, 0x9a, 0x01], 'the instruction 0xfd 0x9a'],
  ['a number behind 0xfc that is unknown', [0xfc, 0x12, 0x00], 'the instruction 0xfc 0x12'],
  ['a number behind 0xfc as large as to be another prefix\'s', [0xfc, 0x8c, 0x80, 0x04], 'the instruction 0xfc 0x1000c'],
  ['an access to a second memory', [0x28, 0x42, 0x01, 0x00], 'an access to a second memory'],
  ['an alignment beyond all bounds', [0x28, 0x80, 0x01, 0x00], 'an access to a second memory'],
  ['the size of a second memory', [0x3f, 0x01], 'a second memory'],
  ['a copy from a second memory', [0xfc, 0x0a, 0x00, 0x01], 'a second memory'],
  ['a null of a type of its own', [0xd0, 0x00], 'a reference to 0x0'],
  ['a block of a typed reference', [0x02, 0x63, 0x00], 'the value type 0x63'],
  ['a select of a typed reference', [0x1c, 0x01, 0x64, 0x00], 'the value type 0x64'],
];
for (const [title, bytes, message] of unsupported) {
  instructions(`does not skip ${title}`, () => {
    assert.throws(() => read(...bytes, ...filler), (thrown: unknown) => thrown instanceof UnsupportedInstruction && thrown.message === message);
  });
}

const malformed: readonly (readonly [string, readonly number[], string])[] = [
  ['a constant of eleven bytes', [0x42, ...new Array<number>(10).fill(0x80), 0x00], 'an integer of more than 10 bytes'],
  ['a block type of six bytes', [0x02, ...new Array<number>(5).fill(0x80), 0x00], 'an integer of more than 5 bytes'],
  ['an index of 33 bits', [0x10, 0x80, 0x80, 0x80, 0x80, 0x10], 'an integer that does not fit 32 bits'],
];
for (const [title, bytes, problem] of malformed) {
  instructions(`refuses ${title}`, () => {
    const fault = faultOf(() => read(...bytes, ...filler));
    assert.is(fault.code, 'WASM_MALFORMED');
    assert.is(fault.message, `cannot use the Wasm module: a function holds ${problem}`);
  });
}

instructions('a table of more branches than there are bytes is refused before any is read', () => {
  const fault = faultOf(() => read(0x0e, 0xff, 0xff, 0xff, 0xff, 0x0f, ...filler));
  assert.is(fault.message, 'cannot use the Wasm module: a function announces 4294967296 entries in 20 bytes');
});

instructions('knows all 236 vector instructions, and every number in which the specification sees one', () => {
  assert.is(supportedOpcodes.filter((code) => code >= 0xfd0000).length, 236);
  const known = new Set(supportedOpcodes);
  assert.equal(catalogue.filter(({ code }) => !known.has(code)), []);
  assert.is(new Set(catalogue.map(({ code }) => code)).size, catalogue.length);
});

instructions.run();
