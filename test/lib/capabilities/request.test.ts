import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { readJson } from '../../../lib/capabilities/request.js';
import { bytesOf } from './call-context.js';

const request = suite('capabilities/request');

request('reads JSON', () => assert.equal(readJson(bytesOf(' {"a":[1,null]} ')), { kind: 'readable', value: { a: [1, null] } }));

const unreadable: readonly (readonly [string, Uint8Array])[] = [
  ['no bytes', new Uint8Array(0)],
  ['bytes behind the document', bytesOf('{} {}')],
  ['invalid UTF-8', Uint8Array.of(0x22, 0xff, 0x22)],
  ['a byte order mark', Uint8Array.of(0xef, 0xbb, 0xbf, 0x31)],
  ['half a document', bytesOf('{"a":')],
];
for (const [title, payload] of unreadable) {
  request(`refuses ${title}`, () => {
    const reading = readJson(payload);
    assert.is(reading.kind, 'unreadable');
  });
}

request.run();
