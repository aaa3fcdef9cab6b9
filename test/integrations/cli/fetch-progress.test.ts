import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { formatBytes } from '../../../integrations/cli/src/byte-size.js';
import { formatColumns } from '../../../integrations/cli/src/columns.js';
import { progressBar, showFetchProgress } from '../../../integrations/cli/src/fetch-progress.js';
import { Output } from '../../../integrations/cli/src/output.js';
import { createPalette } from '../../../integrations/cli/src/terminal-text.js';

const progress = suite('cli/fetch-progress');

const at = (receivedBytes: number, totalBytes?: number) => ({ kind: 'fetch-progressed', location: 'registry://h.example/team/policy:v1', receivedBytes, totalBytes }) as const;

const bars: readonly (readonly [string, ReturnType<typeof at>, number, string])[] = [
  ['nothing yet', at(0, 2_000_000), 100, 'Pulling registry://h.example/team/policy:v1 [                    ]   0% of 2.00 MB'],
  ['half of it', at(1_000_000, 2_000_000), 100, 'Pulling registry://h.example/team/policy:v1 [##########          ]  50% of 2.00 MB'],
  ['all of it', at(2_000_000, 2_000_000), 100, 'Pulling registry://h.example/team/policy:v1 [####################] 100% of 2.00 MB'],
  ['more than was announced', at(3_000_000, 2_000_000), 100, 'Pulling registry://h.example/team/policy:v1 [####################] 100% of 2.00 MB'],
  ['an unknown size', at(123_456), 100, 'Pulling registry://h.example/team/policy:v1 123 kB'],
  ['a narrow terminal, where the end of the location is kept', at(1, 2), 60, 'Pulling ...eam/policy:v1 [##########          ]  50% of 2 B'],
];
for (const [title, event, columns, expected] of bars) {
  progress(`draws ${title}`, () => {
    assert.is(progressBar(event, columns), expected);
    assert.ok(expected.length < columns);
  });
}

progress('draws nothing wider than the terminal, however narrow', () => {
  for (let columns = 1; columns < 100; columns += 1) assert.ok(progressBar(at(1, 2_000_000), columns).length < columns);
});

/** What an output with such a standard error wrote there for a download. */
function written(stderr: { readonly isTTY?: boolean }, env = {}) {
  const texts: string[] = [];
  const output = new Output({ stdout: { write: () => undefined }, stderr: { ...stderr, columns: 80, write: (text) => texts.push(text) }, env });
  const show = showFetchProgress(output);
  show({ kind: 'fetch-started', location: 'l' });
  show(at(1, 2));
  show({ kind: 'attempt-failed', what: 'download l', because: 'reset', attempt: 1, delayMs: 1500 });
  show(at(2, 2));
  show({ kind: 'fetch-finished', location: 'l', path: 'p', origin: 'network' });
  return texts.join('');
}

progress('a bar passes on a terminal, and warnings stay', () => {
  const text = written({ isTTY: true }, { NO_COLOR: '1' });
  const clear = '\r\u001b[K';
  assert.is(text, `${progressBar(at(1, 2), 80)}${clear} WARN cannot download l at the moment: reset; trying again in 1.5 s\n${progressBar(at(2, 2), 80)}${clear}`);
});

for (const [title, stderr, env] of [['a pipe', {}, {}], ['a terminal that cannot move its cursor', { isTTY: true }, { TERM: 'dumb' }]] as const) {
  progress(`no bar is drawn on ${title}`, () => assert.is(written(stderr, env), ' WARN cannot download l at the moment: reset; trying again in 1.5 s\n'));
}

for (const [bytes, text] of [[0, '0 B'], [999, '999 B'], [1000, '1.00 kB'], [12_345, '12.3 kB'], [1_703_936, '1.70 MB'], [256e6, '256 MB'], [5e15, '5000 TB']] as const) {
  progress(`${bytes} bytes are ${text}`, () => assert.is(formatBytes(bytes), text));
}

progress('columns are as wide as their widest cell, and hold no line break', () => {
  assert.is(formatColumns(['Policy', 'Size'], [['a', '1 B'], ['longer than its title', '2 B\nx']], createPalette(false)), 'Policy                 Size\na                      1 B\nlonger than its title  2 B\\nx\n');
});

progress.run();
