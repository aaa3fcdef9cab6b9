import { suite } from 'uvu';

import { fixturePath, Folder, reviewPath } from '../cli-process.js';
import { addBadCases } from './bad-case.js';

const settings = suite('cli/bad-input/settings');
const folder = new Folder();
settings.after(() => folder.remove());

const policy = fixturePath('pod-privileged');
const review = reviewPath('pod-allowed');
const missing = `${folder.path}/missing`;
const deep = '['.repeat(100_000) + ']'.repeat(100_000);
const settingsIn = (name: string, content: string | Uint8Array): readonly string[] => ['run', policy, '-r', review, '-s', folder.file(name, content)];

addBadCases(settings, {
  'settings that are a list': { words: ['run', policy, '-r', review, '--settings-json', '[]'], says: 'Invalid settings in CRD, not an object' },
  'settings that are a word': { words: settingsIn('word.yml', 'yes\n'), says: 'Invalid settings in CRD, not an object' },
  'settings that the policy refuses': { words: ['run', policy, '-r', review, '--settings-json', '{"skip_init_containers":"yes"}'], says: 'Provided settings are not valid: ' },
  'settings that are no YAML': { words: settingsIn('broken.yml', 'a: [1\nb: 2'), says: 'Cannot read the settings' },
  'settings with a key twice': { words: settingsIn('twice.yml', 'a: 1\na: 2\n'), says: 'the key "a" appears twice' },
  'settings of two documents': { words: settingsIn('two.yml', 'a: 1\n---\na: 2\n'), says: 'it holds 2 documents, expected one' },
  'settings that are not UTF-8': { words: settingsIn('latin1.yml', Buffer.from('a: \xe9', 'latin1')), says: 'its bytes are not UTF-8' },
  'settings that unfold without end': { words: settingsIn('bomb.yml', aliasBomb()), says: 'Excessive alias count' },
  'settings nested 100,000 levels deep as JSON': { words: settingsIn('deep.json', deep), says: 'it is nested more than 127 levels deep' },
  'settings nested 100,000 levels deep, cut off': { words: settingsIn('deep-cut.json', '['.repeat(100_000)), says: 'it is nested more than 127 levels deep' },
  'settings nested 100,000 levels deep as YAML': { words: settingsIn('deep.yml', '- '.repeat(100_000)), says: 'it is nested more than 127 levels deep' },
  'settings of 10 MB': { words: settingsIn('large.json', `{"a":"${'x'.repeat(10_000_000)}"}`), says: 'it has more than 2097152 bytes' },
  'a settings file that is missing': { words: ['run', policy, '-r', review, '-s', missing], says: 'Cannot read the settings from' },
});

function aliasBomb(): string {
  // Each level holds ten of the one before.
  const level = (index: number): string => (index === 0 ? 'x' : Array.from({ length: 10 }, () => `*n${index - 1}`).join(', '));
  return Array.from({ length: 10 }, (_, index) => `n${index}: &n${index} [${level(index)}]`).join('\n');
}

settings.run();
