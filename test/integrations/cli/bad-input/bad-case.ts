// Whatever is wrong with the input: one sentence on standard error, the right exit code, nothing on standard output, an end.
import type { Test } from 'uvu';
import * as assert from 'uvu/assert';

import { callCli, type CallOptions } from '../cli-process.js';

/** A call that must fail. */
export interface BadCase {
  readonly words: readonly string[];
  /** What the sentence says. */
  readonly says: string | RegExp;
  readonly options?: CallOptions;
}

/** Adds a test for each case, under its title. */
export function addBadCases(suite: Test, cases: Readonly<Record<string, BadCase>>): void {
  for (const [title, { words, says, options }] of Object.entries(cases)) {
    suite(title, async () => {
      const result = await callCli(words, options);
      assert.is(result.code, 1, result.stderr);
      assert.is(result.stdout, '');
      const sentence = onlySentence(result.stderr);
      assert.ok(typeof says === 'string' ? sentence.includes(says) : says.test(sentence), sentence);
    });
  }
}

/** The one line that tells what is wrong; log lines of the policy may come before it. */
function onlySentence(stderr: string): string {
  const lines = stderr.trimEnd().split('\n').filter((line) => !/^ *(WARN|INFO) /.test(line));
  assert.is(lines.length, 1, stderr);
  assert.match(lines[0] ?? '', /^Error: /);
  assert.not.match(stderr, /^ +at /m);
  return lines[0] ?? '';
}
