// The guests as files: every one is built, described and, where its module is committed, the one of its sources.
// What they answer is tested in test/fixtures/.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { fixtureBytes, fixtureNames } from './support/fixtures.js';

const fixtures = suite('fixtures');
const sources = 'fixtures/policies';
const hostile = 'adversarial/';

/** Name and promise of every row of a table. */
function promises(path: string): ReadonlyMap<string, string> {
  const rows = readFileSync(path, 'utf8').matchAll(/^\| `([a-z0-9-]+)` \| (.+) \|$/gm);
  return new Map([...rows].map(([, name = '', promise = '']) => [name, promise]));
}

function metadataOf(name: string): readonly string[] {
  const sections = WebAssembly.Module.customSections(new WebAssembly.Module(fixtureBytes(name)), 'io.kubewarden.metadata');
  return sections.map((section) => new TextDecoder().decode(section));
}

fixtures('README.md lists every guest and nothing else', () => {
  const ordinary = fixtureNames().filter((name) => !name.startsWith(hostile));
  assert.equal([...promises(`${sources}/README.md`).keys()], ordinary);
});

fixtures('the table of hostile guests lists every one, with the promise its file begins with', () => {
  const inFiles = readdirSync(`${sources}/adversarial`)
    .filter((file) => file.endsWith('.wat'))
    .map((file) => [file.slice(0, -4), /^;; (.+)\n/.exec(readFileSync(`${sources}/adversarial/${file}`, 'utf8'))?.[1]]);
  assert.equal([...promises(`${sources}/adversarial/README.md`)], inFiles.sort());
  assert.equal(
    inFiles.map(([name]) => `${hostile}${name ?? ''}`),
    fixtureNames().filter((name) => name.startsWith(hostile)),
  );
});

fixtures('every guest is a valid module', () => {
  const names = fixtureNames();
  assert.ok(names.length > 100, `only ${names.length} guests were found`);
  assert.equal(names.filter((name) => !WebAssembly.validate(fixtureBytes(name))), []);
});

fixtures('a guest carries metadata exactly when metadata.yml lies beside its source', () => {
  for (const name of fixtureNames()) {
    const expected = existsSync(`${sources}/${name}/metadata.yml`) ? 1 : 0;
    assert.is(metadataOf(name).length, expected, name);
  }
});

fixtures('all metadata names the protocol version, the rules and whether the policy mutates', () => {
  for (const text of fixtureNames().flatMap(metadataOf)) {
    const metadata: unknown = JSON.parse(text);
    assert.ok(typeof metadata === 'object' && metadata !== null);
    assert.is(Reflect.get(metadata, 'protocolVersion'), 'v1');
    assert.type(Reflect.get(metadata, 'mutating'), 'boolean');
    assert.ok(Array.isArray(Reflect.get(metadata, 'rules')));
  }
});

fixtures('every committed module and every source it came from is the one of SHA256SUMS', () => {
  const lines = readFileSync(`${sources}/SHA256SUMS`, 'utf8').trimEnd().split('\n');
  const stale = lines.filter((line) => createHash('sha256').update(readFileSync(`${sources}/${line.slice(66)}`)).digest('hex') !== line.slice(0, 64));
  assert.equal(stale, []);
  const committed = fixtureNames().filter((name) => existsSync(`${sources}/${name}/policy.wasm`));
  assert.equal(
    lines.map((line) => line.slice(66)).filter((path) => path.endsWith('.wasm')),
    committed.map((name) => `${name}/policy.wasm`),
  );
});

/** Which modules a guest imports from: what a real policy of the language needs, no less. */
const imports: readonly (readonly [string, readonly string[]])[] = [
  ['add-label', ['wapc']],
  ['add-label-cpp', ['wapc', 'wasi_snapshot_preview1']],
  ['add-label-javascript', ['wapc']],
  ['add-label-rust', ['wapc', 'wasi_snapshot_preview1']],
];
for (const [name, expected] of imports) {
  fixtures(`${name} imports from ${expected.join(' and ')}`, () => {
    const found = WebAssembly.Module.imports(new WebAssembly.Module(fixtureBytes(name))).map(({ module }) => module);
    assert.equal([...new Set(found)].sort(), expected);
  });
}

fixtures.run();
