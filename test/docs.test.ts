import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

const docs = suite('docs');

interface Block {
  readonly language: string;
  readonly text: string;
}

/** The fenced blocks of a Markdown file, in order. */
function blocksOf(path: string): readonly Block[] {
  return [...readFileSync(path, 'utf8').matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({ language, text }));
}

const readme = blocksOf('README.md');
for (const [index, { language, text }] of readme.entries()) {
  if (language !== 'js') continue;
  const [title = ''] = /from 'wasmwarden[^']*'/.exec(text) ?? [];
  docs(`the README's example ${index} (${title}) prints what the README says`, () => {
    const expected = readme[index + 1];
    assert.is(expected?.language, 'text', 'an example is followed by its output');
    // Inside the package, so that its own name resolves as it does for a user.
    mkdirSync('build/docs', { recursive: true });
    writeFileSync(`build/docs/readme-${index}.mjs`, text);
    const run = spawnSync(process.execPath, ['--conditions=@wasmwarden/source', `build/docs/readme-${index}.mjs`], { encoding: 'utf8' });
    assert.is(run.stderr, '');
    assert.is(run.stdout, expected?.text);
  });
}

for (const [index, { language, text }] of blocksOf('docs/testing-policies.md').entries()) {
  if (language !== 'js') continue;
  docs(`example ${index} of docs/testing-policies.md passes`, () => {
    mkdirSync('build/docs', { recursive: true });
    writeFileSync(`build/docs/testing-${index}.mjs`, text);
    const run = spawnSync(process.execPath, ['--conditions=@wasmwarden/source', `build/docs/testing-${index}.mjs`], { encoding: 'utf8' });
    assert.is(run.status, 0, run.stdout + run.stderr);
    // uvu says "Passed: 3", node:test "# pass 3": both examples hold three tests.
    assert.match(run.stdout.replaceAll(/\x1b\[[0-9;]*m/g, ''), /Passed: +3|pass 3/);
  });
}

docs('the README has runnable examples', () => {
  assert.ok(readme.filter(({ language }) => language === 'js').length >= 2);
});

docs('every file that ARCHITECTURE.md names exists', () => {
  const text = readFileSync('ARCHITECTURE.md', 'utf8');
  const named = [...text.matchAll(/\b((?:lib|integrations|fixtures|test|scripts|docs)\/[\w./-]*)/g)].map(([, path = '']) => path.replace(/\.$/, ''));
  assert.ok(named.length > 20);
  assert.equal(named.filter((path) => !existsSync(path)), []);
});

docs('every link between the documents leads somewhere', () => {
  const files = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...readdirSync('docs').filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)];
  const broken = files.flatMap((file) => {
    const folder = file.includes('/') ? 'docs/' : '';
    const links = [...readFileSync(file, 'utf8').matchAll(/\]\((?!https?:)([^)#\s]+)[^)]*\)/g)].map(([, target = '']) => `${folder}${target}`);
    return links.filter((target) => !existsSync(target)).map((target) => `${file} -> ${target}`);
  });
  assert.equal(broken, []);
});

/** The codes that a source file creates or declares. */
function faultCodesIn(text: string): readonly string[] {
  const created = [...text.matchAll(/(\w*[fF]ault)(?:<\w+>)?\(\s*'([A-Z]+(?:_[A-Z0-9]+)+)'/g)].flatMap(([, name, code = '']) => (name === 'isFault' ? [] : [code]));
  const declared = [...text.matchAll(/type \w*FaultCode =([^;]+);/g)].flatMap(([, union = '']) => [...union.matchAll(/'([A-Z0-9_]+)'/g)].map(([, code = '']) => code));
  return [...created, ...declared];
}

function sourceFiles(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts') && !/(^|\/)(node_modules|dist)\//.test(name)).map((name) => `${root}/${name}`);
}

docs('every fault code has its row in docs/faults.md, and no row is about a code that is gone', () => {
  const rows = [...readFileSync('docs/faults.md', 'utf8').matchAll(/^\| `([A-Z0-9_]+)` \|/gm)].map(([, code = '']) => code);
  assert.is(new Set(rows).size, rows.length, 'a code has two rows');
  const codes = new Set([...sourceFiles('lib'), ...sourceFiles('integrations')].flatMap((path) => faultCodesIn(readFileSync(path, 'utf8'))));
  assert.equal([...rows].sort(), [...codes].sort());
});

docs.run();
