import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { formatHistogram } from '../../../integrations/cli/src/histogram.js';
import { percentile, summarise } from '../../../integrations/cli/src/statistics.js';

const statistics = suite('cli/statistics');
const hundred = Array.from({ length: 100 }, (_, index) => index + 1);

statistics('summarises a series, in whatever order it comes', () => {
  const { count, min, mean, p50, p90, p99, max, standardDeviation } = summarise([...hundred].reverse(), 100);
  assert.equal({ count, min, mean, p50, p90, p99, max }, { count: 100, min: 1, mean: 50.5, p50: 50, p90: 90, p99: 99, max: 100 });
  assert.ok(Math.abs(standardDeviation - 28.866) < 0.001);
});

statistics('summarises a single value', () => {
  assert.equal(summarise([7], 10), { count: 1, min: 7, mean: 7, meanInterval: [7, 7], standardDeviation: 0, p50: 7, p90: 7, p99: 7, max: 7 });
});

statistics('says nothing of an empty series', () => assert.throws(() => summarise([], 10), 'an empty series'));

statistics('takes the nearest rank for a percentile', () => {
  const sorted = Float64Array.of(10, 20, 30, 40);
  for (const [percent, value] of [[0, 10], [25, 10], [26, 20], [50, 20], [75, 30], [76, 40], [100, 40]] as const) assert.is(percentile(sorted, percent), value);
});

statistics('puts the mean into its interval, which narrows with the number of values', () => {
  const width = (length: number): number => {
    const [low, high] = summarise(Array.from({ length }, (_, index) => (index * 7919) % 100), 500).meanInterval;
    assert.ok(low < 49.5 && high > 49.5);
    return high - low;
  };
  // The standard error of 100 values from 0 to 99 is 2.9; four of them make the interval.
  const wide = width(100);
  assert.ok(wide > 8 && wide < 15, String(wide));
  assert.ok(width(10_000) < wide / 5);
});

statistics('gives the same numbers every time', () => assert.equal(summarise(hundred, 200), summarise(hundred, 200)));

statistics('orders its numbers for any series', () => {
  fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 }), (series) => {
    const { min, p50, p90, p99, max } = summarise(series, 10);
    assert.ok(min <= p50 && p50 <= p90 && p90 <= p99 && p99 <= max);
  }), { seed: 7, numRuns: 200 });
});

const plain = { columns: 40, format: (value: number) => value.toFixed(0), paint: (text: string) => text };

statistics('draws a bar for each twelfth, and one for what is slower', () => {
  const lines = formatHistogram([...hundred, 1000], plain).trimEnd().split('\n');
  assert.is(lines.length, 13);
  assert.match(lines[0] ?? '', /^ {6}1 █+[▏▎▍▌▋▊▉]? 9$/);
  assert.match(lines[12] ?? '', /^ {2}> 100 █*[▏▎▍▌▋▊▉]? 1$/);
  const counted = lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  assert.is(counted, 101);
  for (const line of lines) assert.ok(line.length <= 40, line);
});

statistics('draws a series of equal values as one bar', () => {
  assert.match(formatHistogram([5, 5, 5], plain), /^ {4}5 █+ 3\n$/);
});

statistics.run();
