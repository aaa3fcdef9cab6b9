import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { createPalette, harmless, oneLine, wantsColour } from '../../../integrations/cli/src/terminal-text.js';

const text = suite('cli/terminal-text');

text('spells out what would steer a terminal, and nothing else', () => {
  const spelled: Readonly<Record<string, string>> = {
    '\u001b[31mred': String.raw`\u001b[31mred`,
    'back\rover': String.raw`back\u000dover`,
    'bell\u0007 delete\u007f csi\u009b': String.raw`bell\u0007 delete\u007f csi\u009b`,
    'turned \u202e around \u2066': String.raw`turned \u202e around \u2066`,
    'line\u2028separator': String.raw`line\u2028separator`,
    'größe ☃ 日本 👍\ttab\nline': 'größe ☃ 日本 👍\ttab\nline',
  };
  for (const [given, expected] of Object.entries(spelled)) assert.is(harmless(given), expected);
  assert.is(oneLine('a\nb\r\nc'), String.raw`a\nb\u000d\nc`);
});

text('paints only when colours are wanted', () => {
  assert.is(createPalette(true).red('x'), '\u001b[31mx\u001b[39m');
  assert.is(createPalette(false).red('x'), 'x');
});

const wishes: readonly (readonly [title: string, isTerminal: boolean, env: Readonly<Record<string, string>>, wanted: boolean])[] = [
  ['a terminal', true, {}, true],
  ['a pipe', false, {}, false],
  ['a terminal that cannot', true, { TERM: 'dumb' }, false],
  ['a terminal whose user wants none', true, { NO_COLOR: '1' }, false],
  ['an empty NO_COLOR, which says nothing', true, { NO_COLOR: '' }, true],
  ['a pipe whose user wants them', false, { FORCE_COLOR: '1' }, true],
  ['an empty FORCE_COLOR, which asks too', false, { FORCE_COLOR: '' }, true],
  ['a terminal whose user forces none', true, { FORCE_COLOR: '0' }, false],
  ['both wishes', false, { FORCE_COLOR: '3', NO_COLOR: '1' }, true],
];
for (const [title, isTerminal, env, wanted] of wishes) text(`${wanted ? 'paints' : 'does not paint'} for ${title}`, () => assert.is(wantsColour({ isTerminal, env }), wanted));

text.run();
