import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { parseTimestamp } from '../../../../lib/capabilities/crypto/timestamp.js';

const timestamp = suite('capabilities/crypto/timestamp');

const good: readonly (readonly [string, string, string])[] = [
  ['UTC', '2024-05-06T07:08:09Z', '2024-05-06T07:08:09.000Z'],
  ['small letters', '2024-05-06t07:08:09z', '2024-05-06T07:08:09.000Z'],
  ['a space between date and time', '2024-05-06 07:08:09Z', '2024-05-06T07:08:09.000Z'],
  ['an offset to the east', '2024-05-06T07:08:09+02:30', '2024-05-06T04:38:09.000Z'],
  ['an offset to the west', '2024-05-06T23:08:09-02:00', '2024-05-07T01:08:09.000Z'],
  ['an offset of nothing', '2024-05-06T07:08:09-00:00', '2024-05-06T07:08:09.000Z'],
  ['a fraction, which is dropped', '2024-05-06T07:08:09.999999999Z', '2024-05-06T07:08:09.000Z'],
  ['a leap day', '2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
  ['a leap second', '2016-12-31T23:59:60Z', '2016-12-31T23:59:59.000Z'],
  ['the year nought', '0000-01-01T00:00:00Z', '0000-01-01T00:00:00.000Z'],
];
for (const [title, text, expected] of good) {
  timestamp(`reads ${title}`, () => assert.is(parseTimestamp(text)?.toISOString(), expected));
}

const bad: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['a date alone', '2024-05-06'],
  ['no offset', '2024-05-06T07:08:09'],
  ['no seconds', '2024-05-06T07:08Z'],
  ['a thirteenth month', '2024-13-01T00:00:00Z'],
  ['a day that the month has not', '2024-04-31T00:00:00Z'],
  ['a leap day in another year', '2023-02-29T00:00:00Z'],
  ['the hour 24', '2024-05-06T24:00:00Z'],
  ['the minute 60', '2024-05-06T07:60:00Z'],
  ['the second 61', '2024-05-06T07:08:61Z'],
  ['an offset of 24 hours', '2024-05-06T07:08:09+24:00'],
  ['an offset without a colon', '2024-05-06T07:08:09+0200'],
  ['a point without digits', '2024-05-06T07:08:09.Z'],
  ['a line break behind', '2024-05-06T07:08:09Z\n'],
  ['white space before', ' 2024-05-06T07:08:09Z'],
  ['a year of five digits', '12024-05-06T07:08:09Z'],
  ['digits of another script', '２０２４-05-06T07:08:09Z'],
];
for (const [title, text] of bad) {
  timestamp(`refuses ${title}`, () => assert.is(parseTimestamp(text), undefined));
}

timestamp('reads every moment that JavaScript writes', () => {
  const moments = fc.date({ min: new Date('0000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true });
  fc.assert(
    fc.property(moments, (moment) => {
      const seconds = Math.floor(moment.getTime() / 1000);
      assert.is((parseTimestamp(moment.toISOString())?.getTime() ?? NaN) / 1000, seconds);
    }),
    { seed: 42, numRuns: 500 },
  );
});

timestamp.run();
