// A quarter of the tampered modules on which the rewriter is tried; in four files, so that they can be tried side by side.
import { suite } from 'uvu';

import { assertTelling, fuzzRewriter } from '../../support/rewrite-fuzzing.js';

const fuzz = suite('wasm/rewrite-fuzz-3');
const cases = 25_000;

fuzz('tampered modules 50001 to 75000 are refused by a fault, or rewritten into valid ones with nothing proven that is not so', () => {
  assertTelling(fuzzRewriter(50001, cases), cases);
});

fuzz.run();
