// What each numeric, vector and memory instruction takes and gives, written down from the specification and not from our
// decoder, for generated modules. Types are letters: i and I for integers of 32 and 64 bits, f and F for floats, v for vectors.

/** A value type as a letter; r and x are references to functions and to things outside. */
export type Letter = 'i' | 'I' | 'f' | 'F' | 'v' | 'r' | 'x';

/** An instruction by what it takes from the stack and puts on it. */
export interface Operation {
  /** With its prefix, as the decoder numbers them: `prefix * 0x10000 + number`. */
  readonly code: number;
  readonly takes: readonly Letter[];
  readonly gives: Letter | undefined;
  /** What stands behind the opcode: the largest alignment of an access, and the number of lanes of which one is chosen. */
  readonly alignment?: number;
  readonly lanes?: number;
  /** How the float in the result is made of, where its NaN may have any payload. */
  readonly vagueNaN?: 'f' | 'F' | 'f32x4' | 'f64x2';
}

interface Row {
  readonly from: number;
  readonly to?: number;
  readonly type: string;
  readonly vagueNaN?: Operation['vagueNaN'];
  readonly alignments?: readonly number[];
  readonly lanes?: number;
}

const numeric: readonly Row[] = [
  { from: 0x45, type: 'i:i' }, { from: 0x46, to: 0x4f, type: 'ii:i' }, { from: 0x50, type: 'I:i' }, { from: 0x51, to: 0x5a, type: 'II:i' },
  { from: 0x5b, to: 0x60, type: 'ff:i' }, { from: 0x61, to: 0x66, type: 'FF:i' },
  { from: 0x67, to: 0x69, type: 'i:i' }, { from: 0x6a, to: 0x78, type: 'ii:i' }, { from: 0x79, to: 0x7b, type: 'I:I' }, { from: 0x7c, to: 0x8a, type: 'II:I' },
  { from: 0x8b, to: 0x8c, type: 'f:f' }, { from: 0x8d, to: 0x91, type: 'f:f', vagueNaN: 'f' }, { from: 0x92, to: 0x97, type: 'ff:f', vagueNaN: 'f' }, { from: 0x98, type: 'ff:f' },
  { from: 0x99, to: 0x9a, type: 'F:F' }, { from: 0x9b, to: 0x9f, type: 'F:F', vagueNaN: 'F' }, { from: 0xa0, to: 0xa5, type: 'FF:F', vagueNaN: 'F' }, { from: 0xa6, type: 'FF:F' },
  { from: 0xa7, type: 'I:i' }, { from: 0xa8, to: 0xa9, type: 'f:i' }, { from: 0xaa, to: 0xab, type: 'F:i' }, { from: 0xac, to: 0xad, type: 'i:I' },
  { from: 0xae, to: 0xaf, type: 'f:I' }, { from: 0xb0, to: 0xb1, type: 'F:I' }, { from: 0xb2, to: 0xb3, type: 'i:f' }, { from: 0xb4, to: 0xb5, type: 'I:f' },
  { from: 0xb6, type: 'F:f', vagueNaN: 'f' }, { from: 0xb7, to: 0xb8, type: 'i:F' }, { from: 0xb9, to: 0xba, type: 'I:F' }, { from: 0xbb, type: 'f:F', vagueNaN: 'F' },
  { from: 0xbc, type: 'f:i' }, { from: 0xbd, type: 'F:I' }, { from: 0xbe, type: 'i:f' }, { from: 0xbf, type: 'I:F' },
  { from: 0xc0, to: 0xc1, type: 'i:i' }, { from: 0xc2, to: 0xc4, type: 'I:I' },
  { from: 0xfc0000, to: 0xfc0001, type: 'f:i' }, { from: 0xfc0002, to: 0xfc0003, type: 'F:i' }, { from: 0xfc0004, to: 0xfc0005, type: 'f:I' }, { from: 0xfc0006, to: 0xfc0007, type: 'F:I' },
];

const scalarAccess: readonly Row[] = [
  { from: 0x28, type: 'i:i', alignments: [2] }, { from: 0x29, type: 'i:I', alignments: [3] }, { from: 0x2a, type: 'i:f', alignments: [2] }, { from: 0x2b, type: 'i:F', alignments: [3] },
  { from: 0x2c, to: 0x2f, type: 'i:i', alignments: [0, 0, 1, 1] }, { from: 0x30, to: 0x35, type: 'i:I', alignments: [0, 0, 1, 1, 2, 2] },
  { from: 0x36, type: 'ii:', alignments: [2] }, { from: 0x37, type: 'iI:', alignments: [3] }, { from: 0x38, type: 'if:', alignments: [2] }, { from: 0x39, type: 'iF:', alignments: [3] },
  { from: 0x3a, to: 0x3b, type: 'ii:', alignments: [0, 1] }, { from: 0x3c, to: 0x3e, type: 'iI:', alignments: [0, 1, 2] },
];

/** Numbers behind the prefix 0xfd. */
const vector: readonly Row[] = [
  { from: 0x00, to: 0x0a, type: 'i:v', alignments: [4, 3, 3, 3, 3, 3, 3, 0, 1, 2, 3] }, { from: 0x0b, type: 'iv:', alignments: [4] },
  { from: 0x0e, type: 'vv:v' }, { from: 0x0f, to: 0x11, type: 'i:v' }, { from: 0x12, type: 'I:v' }, { from: 0x13, type: 'f:v' }, { from: 0x14, type: 'F:v' },
  { from: 0x15, to: 0x16, type: 'v:i', lanes: 16 }, { from: 0x17, type: 'vi:v', lanes: 16 }, { from: 0x18, to: 0x19, type: 'v:i', lanes: 8 }, { from: 0x1a, type: 'vi:v', lanes: 8 },
  { from: 0x1b, type: 'v:i', lanes: 4 }, { from: 0x1c, type: 'vi:v', lanes: 4 }, { from: 0x1d, type: 'v:I', lanes: 2 }, { from: 0x1e, type: 'vI:v', lanes: 2 },
  { from: 0x1f, type: 'v:f', lanes: 4 }, { from: 0x20, type: 'vf:v', lanes: 4 }, { from: 0x21, type: 'v:F', lanes: 2 }, { from: 0x22, type: 'vF:v', lanes: 2 },
  { from: 0x23, to: 0x4c, type: 'vv:v' }, { from: 0x4d, type: 'v:v' }, { from: 0x4e, to: 0x51, type: 'vv:v' }, { from: 0x52, type: 'vvv:v' }, { from: 0x53, type: 'v:i' },
  { from: 0x54, type: 'iv:v', alignments: [0], lanes: 16 }, { from: 0x55, type: 'iv:v', alignments: [1], lanes: 8 }, { from: 0x56, type: 'iv:v', alignments: [2], lanes: 4 }, { from: 0x57, type: 'iv:v', alignments: [3], lanes: 2 },
  { from: 0x58, type: 'iv:', alignments: [0], lanes: 16 }, { from: 0x59, type: 'iv:', alignments: [1], lanes: 8 }, { from: 0x5a, type: 'iv:', alignments: [2], lanes: 4 }, { from: 0x5b, type: 'iv:', alignments: [3], lanes: 2 },
  { from: 0x5c, to: 0x5d, type: 'i:v', alignments: [2, 3] }, { from: 0x5e, type: 'v:v', vagueNaN: 'f32x4' }, { from: 0x5f, type: 'v:v', vagueNaN: 'f64x2' },
  { from: 0x60, to: 0x62, type: 'v:v' }, { from: 0x63, to: 0x64, type: 'v:i' }, { from: 0x65, to: 0x66, type: 'vv:v' }, { from: 0x67, to: 0x6a, type: 'v:v', vagueNaN: 'f32x4' },
  { from: 0x6b, to: 0x6d, type: 'vi:v' }, { from: 0x6e, to: 0x73, type: 'vv:v' }, { from: 0x74, to: 0x75, type: 'v:v', vagueNaN: 'f64x2' }, { from: 0x76, to: 0x79, type: 'vv:v' },
  { from: 0x7a, type: 'v:v', vagueNaN: 'f64x2' }, { from: 0x7b, type: 'vv:v' }, { from: 0x7c, to: 0x81, type: 'v:v' }, { from: 0x82, type: 'vv:v' }, { from: 0x83, to: 0x84, type: 'v:i' },
  { from: 0x85, to: 0x86, type: 'vv:v' }, { from: 0x87, to: 0x8a, type: 'v:v' }, { from: 0x8b, to: 0x8d, type: 'vi:v' }, { from: 0x8e, to: 0x93, type: 'vv:v' },
  { from: 0x94, type: 'v:v', vagueNaN: 'f64x2' }, { from: 0x95, to: 0x99, type: 'vv:v' }, { from: 0x9b, to: 0x9f, type: 'vv:v' },
  { from: 0xa0, to: 0xa1, type: 'v:v' }, { from: 0xa3, to: 0xa4, type: 'v:i' }, { from: 0xa7, to: 0xaa, type: 'v:v' }, { from: 0xab, to: 0xad, type: 'vi:v' }, { from: 0xae, type: 'vv:v' },
  { from: 0xb1, type: 'vv:v' }, { from: 0xb5, to: 0xba, type: 'vv:v' }, { from: 0xbc, to: 0xbf, type: 'vv:v' }, { from: 0xc0, to: 0xc1, type: 'v:v' }, { from: 0xc3, to: 0xc4, type: 'v:i' },
  { from: 0xc7, to: 0xca, type: 'v:v' }, { from: 0xcb, to: 0xcd, type: 'vi:v' }, { from: 0xce, type: 'vv:v' }, { from: 0xd1, type: 'vv:v' }, { from: 0xd5, to: 0xdf, type: 'vv:v' },
  { from: 0xe0, to: 0xe1, type: 'v:v' }, { from: 0xe3, type: 'v:v', vagueNaN: 'f32x4' }, { from: 0xe4, to: 0xe9, type: 'vv:v', vagueNaN: 'f32x4' }, { from: 0xea, to: 0xeb, type: 'vv:v' },
  { from: 0xec, to: 0xed, type: 'v:v' }, { from: 0xef, type: 'v:v', vagueNaN: 'f64x2' }, { from: 0xf0, to: 0xf5, type: 'vv:v', vagueNaN: 'f64x2' }, { from: 0xf6, to: 0xf7, type: 'vv:v' },
  { from: 0xf8, to: 0xff, type: 'v:v' },
];

function letters(text: string): readonly Letter[] {
  return Array.from(text, (letter) => {
    if (letter === 'i' || letter === 'I' || letter === 'f' || letter === 'F' || letter === 'v') return letter;
    throw new Error(`no type ${letter}`);
  });
}

function expanded({ from, to = from, type, alignments, lanes, vagueNaN }: Row, prefix: number): readonly Operation[] {
  const [takes = '', gives = ''] = type.split(':');
  return Array.from({ length: to - from + 1 }, (_, offset): Operation => {
    const alignment = alignments?.[offset];
    return {
      code: prefix + from + offset,
      takes: letters(takes),
      gives: letters(gives)[0],
      ...(alignment === undefined ? {} : { alignment }),
      ...(lanes === undefined ? {} : { lanes }),
      ...(vagueNaN === undefined ? {} : { vagueNaN }),
    };
  });
}

/** All of them but constants and shuffles. */
export const catalogue: readonly Operation[] = [
  ...numeric.flatMap((row) => expanded(row, 0)),
  ...scalarAccess.flatMap((row) => expanded(row, 0)),
  ...vector.flatMap((row) => expanded(row, 0xfd0000)),
];
