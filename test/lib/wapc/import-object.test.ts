import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { isFault } from '../../../lib/fault.js';
import { createHost } from '../../../lib/wapc/create-host.js';
import { importObject } from '../../../lib/wapc/import-object.js';
import { wat } from '../../support/wat.js';

const imports = suite('wapc/import-object');

function moduleThat(...wanted: readonly (readonly [from: string, name: string])[]): WebAssembly.Module {
  const text = wanted.map(([from, name]) => `(import "${from}" "${name}" (func))`).join(' ');
  return new WebAssembly.Module(wat(`(module ${text})`));
}

const isLinkError = (thrown: unknown) => thrown instanceof WebAssembly.LinkError;

imports('what is offered and asked for is given, and nothing else', () => {
  const one = () => 1;
  const given = importObject(moduleThat(['host', 'one']), { host: { one, two: () => 2 }, other: { three: () => 3 } });
  assert.equal(Object.keys(given), ['host']);
  assert.equal(Object.entries(given['host'] ?? {}), [['one', one]]);
});

imports('a module can be instantiated with it', () => {
  let calls = 0;
  const module = moduleThat(['host', 'one'], ['host', 'two'], ['other', 'one']);
  const count = () => void (calls += 1);
  new WebAssembly.Instance(module, importObject(module, { host: { one: count, two: count }, other: { one: count } }));
  assert.is(calls, 0);
});

imports('what nobody offers fails at link time, by name', () => {
  for (const [from, name] of [['nobody', 'one'], ['host', 'two']] as const) {
    const module = moduleThat([from, name]);
    const link = () => new WebAssembly.Instance(module, importObject(module, { host: { one: () => 1 } }));
    assert.throws(link, (thrown: unknown) => isLinkError(thrown) && String(thrown).includes(from) && String(thrown).includes(name));
  }
});

const inherited: readonly (readonly [string, string])[] = [
  ['constructor', 'constructor'],
  ['constructor', 'assign'],
  ['__proto__', 'constructor'],
  ['toString', 'call'],
  ['host', 'constructor'],
  ['host', 'toString'],
  ['host', '__defineGetter__'],
];
for (const [from, name] of inherited) {
  imports(`a guest that imports ${name} from ${from} gets nothing of JavaScript's`, () => {
    const module = moduleThat([from, name]);
    const offered = { host: { one: () => 1 } };
    assert.not.throws(() => new WebAssembly.Instance(module, offered), 'a plain object lets it in');
    assert.throws(() => new WebAssembly.Instance(module, importObject(module, offered)), isLinkError);
  });
}

imports('a waPC host lets no guest in that way', () => {
  const isRefusal = (thrown: unknown) => isFault(thrown, 'GUEST_START_FAILED') && thrown.message.includes('constructor');
  assert.throws(() => createHost(moduleThat(['constructor', 'constructor'])), isRefusal);
});

imports.run();
