// Is a payload exactly one MessagePack value? Asked before decoding: the decoder makes room for what a guest announces,
// so arrays of a million items inside each other would cost gigabytes though the payload has a mebibyte.
// https://github.com/msgpack/msgpack/blob/master/spec.md

/** How a value goes on behind its mark: bytes of a length field, bytes of fixed size, and what the length counts. */
type Layout = readonly [lengthBytes: number, fixedBytes: number, counts: 'bytes' | 'values' | 'pairs'];

const layouts: ReadonlyMap<number, Layout> = new Map([
  // 0xc1 is the one mark that begins nothing.
  ...layoutsFrom(0xc0, [[0, 0, 'bytes']]),
  ...layoutsFrom(0xc2, [[0, 0, 'bytes'], [0, 0, 'bytes']]),
  ...layoutsFrom(0xc4, [[1, 0, 'bytes'], [2, 0, 'bytes'], [4, 0, 'bytes']]),
  // Extensions carry a byte for their type.
  ...layoutsFrom(0xc7, [[1, 1, 'bytes'], [2, 1, 'bytes'], [4, 1, 'bytes']]),
  ...layoutsFrom(0xca, [[0, 4, 'bytes'], [0, 8, 'bytes']]),
  ...layoutsFrom(0xcc, [[0, 1, 'bytes'], [0, 2, 'bytes'], [0, 4, 'bytes'], [0, 8, 'bytes']]),
  ...layoutsFrom(0xd0, [[0, 1, 'bytes'], [0, 2, 'bytes'], [0, 4, 'bytes'], [0, 8, 'bytes']]),
  ...layoutsFrom(0xd4, [[0, 2, 'bytes'], [0, 3, 'bytes'], [0, 5, 'bytes'], [0, 9, 'bytes'], [0, 17, 'bytes']]),
  ...layoutsFrom(0xd9, [[1, 0, 'bytes'], [2, 0, 'bytes'], [4, 0, 'bytes']]),
  ...layoutsFrom(0xdc, [[2, 0, 'values'], [4, 0, 'values'], [2, 0, 'pairs'], [4, 0, 'pairs']]),
]);

/**
 * Refuses bytes that are not exactly one value.
 *
 * @throws {Error} naming what is wrong, for a sentence about the payload
 */
export function assertOneValue(payload: Uint8Array): void {
  let at = 0;
  // Every value takes a byte at least, so what is owed can never exceed what is left.
  for (let owed = 1; owed > 0; owed -= 1) {
    if (owed > payload.byteLength - at) throw new Error(`the payload of ${payload.byteLength} bytes ends inside a value`);
    const { end, children } = headOf(payload, at);
    at = end;
    owed += children;
  }
  if (at > payload.byteLength) throw new Error(`the payload of ${payload.byteLength} bytes ends inside a value`);
  if (at < payload.byteLength) throw new Error(`${payload.byteLength - at} bytes follow the value`);
}

/** Where a value ends, or its first child begins, and how many values it holds. */
function headOf(payload: Uint8Array, at: number): { readonly end: number; readonly children: number } {
  const mark = payload[at] ?? 0;
  if (mark < 0x80 || mark >= 0xe0) return { end: at + 1, children: 0 };
  if (mark < 0x90) return { end: at + 1, children: 2 * (mark & 0x0f) };
  if (mark < 0xa0) return { end: at + 1, children: mark & 0x0f };
  if (mark < 0xc0) return { end: at + 1 + (mark & 0x1f), children: 0 };
  const layout = layouts.get(mark);
  if (layout === undefined) throw new Error(`byte ${at} (0x${mark.toString(16)}) begins no value`);
  const [lengthBytes, fixedBytes, counts] = layout;
  let length = 0;
  for (let index = 1; index <= lengthBytes; index += 1) length = length * 256 + (payload[at + index] ?? 0);
  const end = at + 1 + lengthBytes + fixedBytes;
  if (counts === 'bytes') return { end: end + length, children: 0 };
  return { end, children: counts === 'pairs' ? 2 * length : length };
}

function layoutsFrom(mark: number, rows: readonly Layout[]): readonly (readonly [number, Layout])[] {
  return rows.map((row, index) => [mark + index, row]);
}
