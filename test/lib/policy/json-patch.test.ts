import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { JsonNumber } from '../../../lib/json/json-number.js';
import { formatLossless, isList, isMap, parseLossless, sameValue, type Lossless } from '../../../lib/json/lossless.js';
import { formatPatch, jsonPatch, maxPointerChars, type Operation } from '../../../lib/policy/json-patch.js';
import { jsonTexts } from '../../support/json-texts.js';

const patch = suite('policy/json-patch');
const between = (base: string, target: string): string => formatPatch(jsonPatch(parseLossless(base), parseLossless(target)));

const cases: readonly (readonly [string, string, string, string])[] = [
  ['equal documents need no operation', '{"a":[1,{"b":2}]}', '{ "a" : [1, {"b":2}] }', '[]'],
  ['a new member is added', '{}', '{"a":{"z":1,"b":2}}', '[{"op":"add","path":"/a","value":{"b":2,"z":1}}]'],
  ['a vanished member is removed', '{"a":1,"b":2}', '{"b":2}', '[{"op":"remove","path":"/a"}]'],
  ['a changed scalar is replaced', '{"a":"x"}', '{"a":"y"}', '[{"op":"replace","path":"/a","value":"y"}]'],
  ['a changed kind is replaced', '{"a":[1]}', '{"a":{"0":1}}', '[{"op":"replace","path":"/a","value":{"0":1}}]'],
  ['null is a value of its own', '{"a":null}', '{"a":false}', '[{"op":"replace","path":"/a","value":false}]'],
  ['a null member is added, not taken for absent', '{}', '{"a":null}', '[{"op":"add","path":"/a","value":null}]'],
  ['new keys come in order, then the vanished ones in order', '{"d":1,"m":1,"c":1}', '{"z":1,"m":2,"b":1}',
    '[{"op":"add","path":"/b","value":1},{"op":"replace","path":"/m","value":2},{"op":"add","path":"/z","value":1},{"op":"remove","path":"/c"},{"op":"remove","path":"/d"}]'],
  ['extra new items are added at their index', '[1]', '[1,2,3]', '[{"op":"add","path":"/1","value":2},{"op":"add","path":"/2","value":3}]'],
  ['extra old items are removed at one index, as the rest moves up', '[1,2,3,4]', '[1,2]', '[{"op":"remove","path":"/2"},{"op":"remove","path":"/2"}]'],
  ['an item put in front changes each after it', '["b","c"]', '["a","b","c"]',
    '[{"op":"replace","path":"/0","value":"a"},{"op":"replace","path":"/1","value":"b"},{"op":"add","path":"/2","value":"c"}]'],
  ['items are compared in depth', '[{"a":1},{"a":2}]', '[{"a":1},{"a":3}]', '[{"op":"replace","path":"/1/a","value":3}]'],
  ['another scalar document replaces the root', '1', '2', '[{"op":"replace","path":"","value":2}]'],
  ['another kind of document replaces the root', '{"a":1}', '[]', '[{"op":"replace","path":"","value":[]}]'],
  ['slash and tilde are escaped in pointers', '{"a/b":1}', '{"a/b":2,"m~n~1":3}',
    '[{"op":"replace","path":"/a~1b","value":2},{"op":"add","path":"/m~0n~01","value":3}]'],
  ['quotes and the empty key stand in pointers', '{}', '{"":1,"\\"":2}', '[{"op":"add","path":"/","value":1},{"op":"add","path":"/\\"","value":2}]'],
  ['a __proto__ key is a key', '{"__proto__":{"x":1}}', '{"__proto__":{"x":2}}', '[{"op":"replace","path":"/__proto__/x","value":2}]'],
  ['a double is not the integer of its value', '{"a":1}', '{"a":1.0}', '[{"op":"replace","path":"/a","value":1.0}]'],
  ['two spellings of one double are no change', '{"a":1.0}', '{"a":1e0}', '[]'],
  ['integers beyond 2^53 differ by one', '{"a":9007199254740992}', '{"a":9007199254740993}', '[{"op":"replace","path":"/a","value":9007199254740993}]'],
];
for (const [title, base, target, expected] of cases) {
  patch(title, () => {
    assert.is(between(base, target), expected);
  });
}

patch('a reversed array of 800 items is one replacement for each, without a search for the longest common run', () => {
  const items = Array.from({ length: 800 }, (_, index) => new JsonNumber(String(index)));
  const operations = jsonPatch(items, [...items].reverse());
  assert.is(operations.length, 800);
  assert.ok(operations.every(({ op }, index) => op === 'replace' && operations[index]?.path === `/${index}`));
});

patch('pointers that would outgrow the documents many times become one replacement of the root', () => {
  const key = 'k'.repeat(100_000);
  const numbers = (from: number, count: number): string => Array.from({ length: count }, (_, index) => from + index).join(',');
  const changes = Math.ceil(maxPointerChars / key.length);
  const operations = jsonPatch(parseLossless(`{"${key}":[${numbers(0, changes)}]}`), parseLossless(`{"${key}":[${numbers(1, changes)}]}`));
  assert.equal(operations.map(({ op, path }) => [op, path]), [['replace', '']]);
  assert.is(between(`{"${key}":[${numbers(0, changes - 2)}]}`, `{"${key}":[${numbers(1, changes - 2)}]}`).match(/"op"/g)?.length, changes - 2);
});

/** Applies a patch by the letter of RFC 6902; written without a look at the generator. */
function apply(document: Lossless, operations: readonly Operation[]): Lossless {
  return operations.reduce<Lossless>((current, step) => {
    const steps = step.path === '' ? [] : step.path.slice(1).split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
    return edit(current, steps, step);
  }, document);
}

function edit(current: Lossless, steps: readonly string[], operation: Operation): Lossless {
  const [step, ...rest] = steps;
  if (step === undefined) {
    if (operation.op === 'remove') throw new Error('the root cannot be removed');
    return operation.value;
  }
  if (isMap(current)) return editMap(current, step, rest, operation);
  if (isList(current)) return editList(current, step, rest, operation);
  throw new Error(`${operation.path} goes through a scalar`);
}

function editMap(current: ReadonlyMap<string, Lossless>, step: string, rest: readonly string[], operation: Operation): Lossless {
  const copy = new Map(current);
  const existing = current.get(step);
  if (existing === undefined && (rest.length > 0 || operation.op !== 'add')) throw new Error(`${operation.path} does not exist`);
  if (rest.length === 0 && operation.op === 'remove') copy.delete(step);
  else copy.set(step, edit(existing ?? null, rest, operation));
  return copy;
}

function editList(current: readonly Lossless[], step: string, rest: readonly string[], operation: Operation): Lossless {
  const index = Number(step);
  const last = rest.length === 0 && operation.op === 'add' ? current.length : current.length - 1;
  if (String(index) !== step || index > last) throw new Error(`${operation.path} is no item`);
  const copy = [...current];
  if (rest.length > 0 || operation.op === 'replace') copy[index] = edit(current[index] ?? null, rest, operation);
  else if (operation.op === 'remove') copy.splice(index, 1);
  else copy.splice(index, 0, operation.value);
  return copy;
}

const pairs = fc.oneof(
  fc.tuple(jsonTexts, jsonTexts),
  // Two readings of one shape, so that the comparison descends: the same members and items with other values.
  fc.tuple(fc.array(fc.tuple(fc.constantFrom('a', 'b', '__proto__', 'x/y~'), jsonTexts, jsonTexts), { maxLength: 4 })).map(([entries]): [string, string] => [
    `{${entries.map(([key, before]) => `"${key}":[${before}]`).join(',')}}`,
    `{${entries.map(([key, , after]) => `"${key}":[${after},0]`).join(',')}}`,
  ]),
);

patch('applied to the base every patch gives the target, numbers to the digit', () => {
  fc.assert(
    fc.property(pairs, ([baseText, targetText]) => {
      const [base, target] = [parseLossless(baseText), parseLossless(targetText)];
      const operations = jsonPatch(base, target);
      assert.ok(sameValue(apply(base, operations), target));
      for (const step of operations) assert.ok(step.op === 'remove' || formatLossless(target).includes(formatLossless(step.value)));
    }),
    { seed: 51, numRuns: 1500 },
  );
});

patch('the text of a patch is JSON that holds the same operations', () => {
  fc.assert(
    fc.property(pairs, ([baseText, targetText]) => {
      const operations = jsonPatch(parseLossless(baseText), parseLossless(targetText));
      const steps = parseLossless(formatPatch(operations), { maxDepth: 200 });
      if (!isList(steps)) throw new Error('a patch is an array');
      assert.equal(steps.map((step) => isMap(step) && [step.get('op'), step.get('path')]), operations.map(({ op, path }) => [op, path]));
    }),
    { seed: 52, numRuns: 300 },
  );
});

patch('no patch, no change: documents that are the same have none', () => {
  fc.assert(
    fc.property(jsonTexts, (text) => {
      assert.is(between(text, text), '[]');
    }),
    { seed: 53, numRuns: 300 },
  );
});

patch.run();
