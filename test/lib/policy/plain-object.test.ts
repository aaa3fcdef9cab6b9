// What counts as an object with named members.
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { isPlainObject } from '../../../lib/policy/plain-object.js';

const objects = suite('policy/plain-object');

for (const value of [{}, { a: 1 }, Object.create(null) as object]) objects(`${JSON.stringify(value)} is one`, () => assert.ok(isPlainObject(value)));
for (const value of [null, undefined, [], 'text', 1, true]) objects(`${JSON.stringify(value)} is none`, () => assert.not(isPlainObject(value)));

objects.run();
