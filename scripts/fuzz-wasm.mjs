#!/usr/bin/env node
// Tries the rewriter of modules on many tampered ones; what is tried is build/. Prints how far it is, and what came of them.
//
//   npm run fuzz:wasm [-- cases [first case]]
import { assertTelling, fuzzRewriter } from '../build/test/support/rewrite-fuzzing.js';

const [cases = 1_000_000, first = 1] = process.argv.slice(2).map(Number);
if (!(cases > 0 && first > 0)) throw new Error(`cases and the first case are numbers, found: ${process.argv.slice(2).join(" ")}`);
const portion = 50_000;
const sum = {};
for (let done = 0; done < cases; done += portion) {
  const seen = fuzzRewriter(first + done, Math.min(portion, cases - done));
  for (const [kind, count] of Object.entries(seen)) sum[kind] = (sum[kind] ?? 0) + count;
  console.log(`${Math.min(cases, done + portion)} of ${cases}: ${JSON.stringify(sum)}`);
}
if (cases >= 10_000) assertTelling(sum, cases);
