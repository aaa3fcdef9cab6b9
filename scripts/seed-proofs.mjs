// Reads docs/seed.md: which tests prove which statement. run-tests.mjs checks them against what it ran.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const top = fileURLToPath(new URL('..', import.meta.url));

/** Rows of the table: `{ number, statement, proofs: { file, title }[], missing? }`. */
export function seedRows() {
  return readFileSync(join(top, 'docs/seed.md'), 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, number, statement, proof] = /^\| (\d+) \| (.*?) \| (.*?) \|$/.exec(line) ?? [];
      if (number === undefined) return [];
      const missing = /^not yet: (.+)$/.exec(proof)?.[1];
      // A title that holds backticks stands between two of them.
      const proofs = [...proof.matchAll(/(`{1,2})(test\/[^`]+?\.test\.ts) :: (.+?)\1(?!`)/g)].map(([, , file, title]) => ({ file, title: title.trim() }));
      return [{ number: Number(number), statement, missing, proofs }];
    });
}

/**
 * What is wrong with the table, as sentences.
 *
 * @param results test file (`test/….test.ts`) to whether it passed, for the files that were run
 */
export function seedProblems(results) {
  return seedRows().flatMap(({ number, missing, proofs }) => {
    const row = `docs/seed.md row ${number}`;
    if (missing !== undefined) return proofs.length > 0 ? [`${row} is proven and not yet done at once`] : [];
    if (proofs.length === 0) return [`${row} names no test and does not say what is missing`];
    return proofs.flatMap(({ file, title }) => {
      if (!existsSync(join(top, file))) return [`${row} names ${file}, which is not there`];
      if (!readFileSync(join(top, file), 'utf8').includes(title)) return [`${row} names the test '${title}', which ${file} does not hold`];
      return results.get(file) === false ? [`${row} rests on ${file}, which failed`] : [];
    });
  });
}
