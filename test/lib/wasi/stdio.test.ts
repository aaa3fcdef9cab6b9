import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { InputPipe, LineSplitter, OutputCapture, type LineLimits } from '../../../lib/wasi/stdio.js';

const stdio = suite('wasi/stdio');

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Reads at most so many bytes. */
function take(pipe: InputPipe, count: number): string {
  const target = new Uint8Array(count);
  return decode(target.subarray(0, pipe.read(target)));
}

stdio('a pipe gives its bytes in order, across the pieces they came in', () => {
  const pipe = new InputPipe(100);
  for (const piece of ['ab', '', 'cde', 'f']) assert.ok(pipe.append(encode(piece)));
  assert.is(pipe.availableBytes, 6);
  assert.equal([take(pipe, 1), take(pipe, 3), take(pipe, 0), take(pipe, 9), take(pipe, 9)], ['a', 'bcd', '', 'ef', '']);
  assert.is(pipe.availableBytes, 0);
});

stdio('a pipe at its end goes on after more was added', () => {
  const pipe = new InputPipe(100);
  pipe.append(encode('ab'));
  assert.equal([take(pipe, 9), take(pipe, 9)], ['ab', '']);
  pipe.append(encode('c'));
  assert.is(take(pipe, 9), 'c');
});

stdio('a pipe takes all of a piece or nothing of it', () => {
  const pipe = new InputPipe(4);
  assert.ok(pipe.append(encode('abc')));
  assert.not.ok(pipe.append(encode('de')));
  assert.ok(pipe.append(encode('d')));
  assert.is(take(pipe, 9), 'abcd');
  assert.ok(pipe.append(encode('efgh')), 'what was read makes room');
});

stdio('a cleared pipe is empty', () => {
  const pipe = new InputPipe(4);
  pipe.append(encode('abc'));
  pipe.clear();
  assert.is(pipe.availableBytes, 0);
  assert.is(take(pipe, 9), '');
  assert.ok(pipe.append(encode('efgh')));
});

stdio('whatever the pieces and the reads, a pipe gives what it was given', () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 10 });
  const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 });
  const property = fc.property(pieces, sizes, (given, counts) => {
    const pipe = new InputPipe(1000);
    for (const piece of given) pipe.append(piece);
    const received: number[] = [];
    for (let index = 0; pipe.availableBytes > 0; index += 1) {
      const target = new Uint8Array(counts[index % counts.length] ?? 1);
      received.push(...target.subarray(0, pipe.read(target)));
    }
    assert.equal(received, given.flatMap((piece) => [...piece]));
  });
  fc.assert(property, { seed: 7, numRuns: 300 });
});

stdio('a capture keeps everything up to its limit', () => {
  const capture = new OutputCapture(6);
  for (const piece of ['ab', '', 'cdef']) capture.write(encode(piece));
  assert.is(decode(capture.bytes()), 'abcdef');
  assert.not.ok(capture.isCut);
});

stdio('a capture drops what exceeds its limit, and everything after', () => {
  const capture = new OutputCapture(6);
  for (const piece of ['abcd', 'efg', 'h']) capture.write(encode(piece));
  assert.is(decode(capture.bytes()), 'abcdef');
  assert.ok(capture.isCut);
});

stdio('a capture that is full but not overfull is not cut', () => {
  const capture = new OutputCapture(2);
  capture.write(encode('ab'));
  capture.write(new Uint8Array(0));
  assert.not.ok(capture.isCut);
});

for (const [title, input, limit, expected] of [
  ['before a character of two bytes', 'abé', 3, 'ab'],
  ['before a character of three bytes', 'a☃', 3, 'a'],
  ['before a character of four bytes', 'a😀', 4, 'a'],
  ['behind a character that fits', 'a😀b', 5, 'a😀'],
  ['before a character, when nothing fits', '😀', 3, ''],
] as const) {
  stdio(`a capture is cut ${title}`, () => {
    const capture = new OutputCapture(limit);
    capture.write(encode(input));
    assert.is(decode(capture.bytes()), expected);
    assert.ok(capture.isCut);
  });
}

stdio('bytes that are no text are cut at the limit', () => {
  const capture = new OutputCapture(5);
  capture.write(new Uint8Array(9).fill(0x80));
  assert.equal([...capture.bytes()], [0x80, 0x80, 0x80, 0x80, 0x80]);
});

stdio('what a capture returns belongs to the caller', () => {
  const capture = new OutputCapture(100);
  capture.write(encode('ab'));
  const before = capture.bytes();
  before[0] = 0x78;
  capture.write(encode('c'));
  assert.is(decode(before), 'xb');
  assert.is(decode(capture.bytes()), 'abc');
});

interface Heard {
  readonly splitter: LineSplitter;
  readonly lines: string[];
  readonly dropped: number[];
}

function listening(limits: Partial<LineLimits> = {}): Heard {
  const lines: string[] = [];
  const dropped: number[] = [];
  const sink = { line: (text: string) => void lines.push(text), dropped: (count: number) => void dropped.push(count) };
  return { splitter: new LineSplitter({ maxLineBytes: 100, maxLines: 100, ...limits }, sink), lines, dropped };
}

const splits: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['lines within one piece', ['one\ntwo\n'], ['one', 'two']],
  ['a line that comes in several pieces', ['o', 'n', 'e\ntw', 'o\n'], ['one', 'two']],
  ['a line without an end, at the flush', ['one\ntwo'], ['one', 'two']],
  ['lines that end as on Windows', ['one\r\ntwo\r\n'], ['one', 'two']],
  ['a carriage return and its newline in different pieces', ['one\r', '\ntwo\n'], ['one', 'two']],
  ['text with blank lines, which are left out', ['\n\none\n  \n\r\ntwo\n\n'], ['one', 'two']],
  ['indented lines, whose indent stays', ['  one\n'], ['  one']],
  ['nothing', ['', ''], []],
];
for (const [title, pieces, expected] of splits) {
  stdio(`splits ${title}`, () => {
    const { splitter, lines, dropped } = listening();
    for (const piece of pieces) splitter.write(encode(piece));
    splitter.flush();
    assert.equal(lines, expected);
    assert.equal(dropped, []);
  });
}

stdio('a character whose bytes come in two pieces stays whole', () => {
  const { splitter, lines } = listening();
  const bytes = encode('größe\n');
  splitter.write(bytes.subarray(0, 3));
  splitter.write(bytes.subarray(3));
  assert.equal(lines, ['größe']);
});

stdio('what is not UTF-8 is shown as such', () => {
  const { splitter, lines } = listening();
  splitter.write(Uint8Array.of(0x61, 0xff, 0x62, 0x0a));
  assert.equal(lines, ['a\ufffdb']);
});

stdio('a line over the limit becomes several, cut between characters', () => {
  const { splitter, lines } = listening({ maxLineBytes: 5 });
  splitter.write(encode('abcdefgh\nabcdé😀x\n'));
  assert.equal(lines, ['abcde', 'fgh', 'abcd', 'é', '😀x']);
});

stdio('an endless line without a newline does not pile up', () => {
  const { splitter, lines } = listening({ maxLineBytes: 4, maxLines: 3 });
  for (let index = 0; index < 40; index += 1) splitter.write(encode('a'));
  assert.equal(lines, ['aaaa', 'aaaa', 'aaaa']);
});

stdio('a limit too small for any character is one for the longest', () => {
  const { splitter, lines } = listening({ maxLineBytes: 0 });
  splitter.write(encode('😀b\n'));
  assert.equal(lines, ['😀', 'b']);
});

stdio('lines over the limit are counted and reported at the flush, and the count begins anew', () => {
  const { splitter, lines, dropped } = listening({ maxLines: 2 });
  splitter.write(encode('1\n2\n3\n4\n5'));
  assert.equal(dropped, []);
  splitter.flush();
  assert.equal(lines, ['1', '2']);
  assert.equal(dropped, [3]);
  splitter.write(encode('6\n'));
  splitter.flush();
  assert.equal(lines, ['1', '2', '6']);
  assert.equal(dropped, [3]);
});

stdio('the unfinished line of one job does not run into the next', () => {
  const { splitter, lines } = listening();
  splitter.write(encode('secret of the first'));
  splitter.flush();
  splitter.write(encode('second\n'));
  assert.equal(lines, ['secret of the first', 'second']);
});

stdio('no line is longer than the limit, and without a cut the text survives, however it is written', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'é', '☃', '😀', '\n', 'b'), maxLength: 60 });
  const property = fc.property(word, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), fc.integer({ min: 4, max: 40 }), (input, cuts, maxLineBytes) => {
    const { splitter, lines } = listening({ maxLineBytes });
    const bytes = encode(input);
    for (let at = 0, index = 0; at < bytes.length; index += 1) {
      const count = cuts[index % cuts.length] ?? 1;
      splitter.write(bytes.subarray(at, at + count));
      at += count;
    }
    splitter.flush();
    const whole = input.split('\n').filter((line) => line !== '');
    if (whole.every((line) => encode(line).length <= maxLineBytes)) assert.equal(lines, whole);
    // A character split over two writes exactly at a cut shows as replacement characters, of three bytes each.
    else assert.ok(lines.every((line) => encode(line).length <= maxLineBytes + 9));
  });
  fc.assert(property, { seed: 11, numRuns: 500 });
});

stdio.run();
