import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { readJson } from '../../../lib/capabilities/request.js';
import { decodeJson } from '../../../lib/json/decode.js';
import { bytesOf } from './call-context.js';

const request = suite('capabilities/request');

request('hands on what was read', () => assert.equal(readJson(() => decodeJson(bytesOf('{"a":1}'))), { kind: 'readable', value: { a: 1 } }));

const unreadable: readonly (readonly [string, Uint8Array])[] = [
  ['no bytes', new Uint8Array(0)],
  ['bytes behind the document', bytesOf('{} {}')],
  ['invalid UTF-8', Uint8Array.of(0x22, 0xff, 0x22)],
  ['a byte order mark', Uint8Array.of(0xef, 0xbb, 0xbf, 0x31)],
  ['deep nesting', bytesOf('['.repeat(100_000))],
];
for (const [title, payload] of unreadable) {
  request(`makes data of ${title}`, () => assert.is(readJson(() => decodeJson(payload)).kind, 'unreadable'));
}

request('lets a bug through', () => {
  const bug = new TypeError('undefined is not a function');
  const broken = () => {
    throw bug;
  };
  assert.throws(
    () => readJson(broken),
    (thrown: unknown) => thrown === bug,
  );
});

request.run();
