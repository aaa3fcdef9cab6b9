// Ends for the streams of a guest, all in memory and all bounded: an input that grows, an output that is kept,
// an output that becomes lines. None is ever connected to the host's own streams.

import type { WasiInput } from './ports.js';

const newline = 10;
const carriageReturn = 13;
const longestCharacterBytes = 4;

/**
 * Bytes for a guest to read, to which more can be added while it runs.
 *
 * An empty pipe reads as end of file and never blocks; after more was added, reading goes on.
 */
export class InputPipe implements WasiInput {
  readonly #maxBytes: number;
  #pieces: Uint8Array[] = [];
  #available = 0;

  /** @param maxBytes how much may lie unread: a guest that asks for answers and never reads them must not fill the host */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get availableBytes(): number {
    return this.#available;
  }

  /** Adds all the bytes at the end, keeping them without a copy, or none and tells `false` when they do not fit. */
  append(bytes: Uint8Array): boolean {
    if (this.#available + bytes.byteLength > this.#maxBytes) return false;
    if (bytes.byteLength > 0) this.#pieces.push(bytes);
    this.#available += bytes.byteLength;
    return true;
  }

  read(target: Uint8Array): number {
    let moved = 0;
    let used = 0;
    for (const piece of this.#pieces) {
      if (moved === target.byteLength) break;
      const part = piece.subarray(0, target.byteLength - moved);
      target.set(part, moved);
      moved += part.byteLength;
      if (part.byteLength < piece.byteLength) this.#pieces[used] = piece.subarray(part.byteLength);
      else used += 1;
    }
    if (used > 0) this.#pieces = this.#pieces.slice(used);
    this.#available -= moved;
    return moved;
  }

  /** Forgets what was not read. */
  clear(): void {
    this.#pieces = [];
    this.#available = 0;
  }
}

/**
 * The longest prefix of at most `maxBytes` that does not end inside a UTF-8 character.
 *
 * Any bytes are accepted: where no character begins within reach, the cut is at `maxBytes`.
 */
function wholeCharacters(bytes: Uint8Array, maxBytes: number): Uint8Array {
  if (bytes.byteLength <= maxBytes) return bytes;
  const reach = Math.max(0, maxBytes - (longestCharacterBytes - 1));
  const beginning = bytes.subarray(reach, maxBytes + 1).findLastIndex((byte) => (byte & 0xc0) !== 0x80);
  return bytes.subarray(0, beginning === -1 ? maxBytes : reach + beginning);
}

/** Bytes collected in one growing block: a guest that writes byte by byte must not cost the host an object for each. */
class Collected {
  #block = new Uint8Array(0);
  #length = 0;

  get byteLength(): number {
    return this.#length;
  }

  append(bytes: Uint8Array): void {
    const needed = this.#length + bytes.byteLength;
    if (needed > this.#block.byteLength) {
      const grown = new Uint8Array(Math.max(needed, this.#block.byteLength * 2));
      grown.set(this.#block.subarray(0, this.#length));
      this.#block = grown;
    }
    this.#block.set(bytes, this.#length);
    this.#length = needed;
  }

  /** A view of what was collected, valid until the next `append`. */
  bytes(): Uint8Array {
    return this.#block.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }
}

/** Keeps the first `maxBytes` of what a guest writes and remembers whether there was more. */
export class OutputCapture {
  readonly #maxBytes: number;
  readonly #kept = new Collected();
  #isCut = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Takes bytes; what exceeds the limit is dropped, at a character's boundary. */
  write(bytes: Uint8Array): void {
    if (this.#isCut) return;
    const kept = wholeCharacters(bytes, this.#maxBytes - this.#kept.byteLength);
    this.#isCut = kept.byteLength < bytes.byteLength;
    this.#kept.append(kept);
  }

  /** Tells whether anything was dropped. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** A copy of all that was kept. */
  bytes(): Uint8Array {
    return this.#kept.bytes().slice();
  }
}

/** How much a guest may say between two flushes. */
export interface LineLimits {
  /** A longer line is cut into several; at least 4, the longest character. */
  readonly maxLineBytes: number;
  readonly maxLines: number;
}

/** Receives a guest's output as text. */
export interface LineSink {
  /** One line that is not blank, without its end; what is not UTF-8 shows as U+FFFD. */
  line(text: string): void;
  /** At a flush: how many lines went over the limit since the last one. */
  dropped(lines: number): void;
}

/**
 * Turns what a guest writes into lines: at most `maxLines` of `maxLineBytes` each until the next `flush`.
 *
 * Blank lines are left out. The last line needs no end: `flush` completes it, so no job's words run into the next one's.
 */
export class LineSplitter {
  readonly #limits: LineLimits;
  readonly #sink: LineSink;
  readonly #decoder = new TextDecoder();
  readonly #pending = new Collected();
  #lines = 0;

  constructor(limits: LineLimits, sink: LineSink) {
    this.#limits = limits;
    this.#sink = sink;
  }

  /** Takes bytes; complete lines are given to the sink at once. */
  write(bytes: Uint8Array): void {
    let rest = bytes;
    for (let end = rest.indexOf(newline); end !== -1; end = rest.indexOf(newline)) {
      this.#append(rest.subarray(0, end));
      this.#endLine();
      rest = rest.subarray(end + 1);
    }
    this.#append(rest);
  }

  /** Ends an unfinished line, reports what was dropped, and starts counting anew. */
  flush(): void {
    this.#endLine();
    const dropped = this.#lines - this.#limits.maxLines;
    this.#lines = 0;
    if (dropped > 0) this.#sink.dropped(dropped);
  }

  #append(bytes: Uint8Array): void {
    const maxBytes = Math.max(this.#limits.maxLineBytes, longestCharacterBytes);
    let rest = bytes;
    while (this.#pending.byteLength + rest.byteLength > maxBytes) {
      const part = wholeCharacters(rest, maxBytes - this.#pending.byteLength);
      this.#pending.append(part);
      this.#endLine();
      rest = rest.subarray(part.byteLength);
    }
    this.#pending.append(rest);
  }

  #endLine(): void {
    const line = this.#pending.bytes();
    const text = this.#decoder.decode(line.at(-1) === carriageReturn ? line.subarray(0, -1) : line);
    this.#pending.clear();
    if (text.trim() === '') return;
    this.#lines += 1;
    if (this.#lines <= this.#limits.maxLines) this.#sink.line(text);
  }
}
