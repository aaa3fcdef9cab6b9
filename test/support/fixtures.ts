// How tests find what `npm run fixtures` built and the reviews they feed it. Paths are relative to the project's top,
// where every test process runs.

import { readdirSync, readFileSync } from 'node:fs';

const policies = 'build/fixtures/policies';

/**
 * The module of a fixture.
 *
 * @param name a folder of `fixtures/policies`, or `adversarial/<file>`; README.md there lists them
 * @throws {Error} when it has not been built
 */
export function fixtureBytes(name: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(readFileSync(`${policies}/${name}.wasm`));
  } catch (cause) {
    throw new Error(`the fixture '${name}' is not built: run \`npm run fixtures\``, { cause });
  }
}

/** Names of all fixtures that are built, sorted; the adversarial ones as `adversarial/<file>`. */
export function fixtureNames(): readonly string[] {
  return readdirSync(policies, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.wasm'))
    .map((path) => path.slice(0, -'.wasm'.length))
    .sort();
}

/** The text of a file of `fixtures/reviews` (an AdmissionReview), without its `.json`. */
export function reviewText(name: string): string {
  return readFileSync(`fixtures/reviews/${name}.json`, 'utf8');
}
