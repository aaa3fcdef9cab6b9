// Tests of DNS messages against bytes written by hand (RFC 1035).

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeQuestion, encodeAnswer, TYPE_A } from './dns-message.js';

const dns = suite('cluster/services/dns-message');

const QUESTION_SECTION = `${Buffer.from([3]).toString('latin1')}web${Buffer.from([2]).toString('latin1')}ns${Buffer.from([0, 0, 1, 0, 1]).toString('latin1')}`;
const QUERY = Buffer.concat([Buffer.from('123401000001000000000000', 'hex'), Buffer.from(QUESTION_SECTION, 'latin1')]);

dns('reads the name and type of a question', () => {
  const question = decodeQuestion(QUERY);
  assert.equal([question?.id, question?.name, question?.type, question?.recursionDesired], [0x1234, 'web.ns', TYPE_A, true]);
});

dns('answers with one record per address, behind the question', () => {
  const question = decodeQuestion(QUERY);
  assert.ok(question);
  const answer = encodeAnswer(question, ['10.96.0.7']);
  assert.is(answer.toString('hex'), `123485800001000100000000${Buffer.from(QUESTION_SECTION, 'latin1').toString('hex')}c00c000100010000000100040a600007`);
});

dns('says that a name does not exist, and that one exists without such records', () => {
  const question = decodeQuestion(QUERY);
  assert.ok(question);
  assert.is(encodeAnswer(question, undefined).readUInt16BE(2) & 0xf, 3);
  const otherType = encodeAnswer({ ...question, type: 28 }, ['10.96.0.7']);
  assert.equal([otherType.readUInt16BE(2) & 0xf, otherType.readUInt16BE(6)], [0, 0]);
});

const malformed: readonly (readonly [string, Buffer])[] = [
  ['an empty message', Buffer.alloc(0)],
  ['a name that goes on past the end', QUERY.subarray(0, 15)],
  ['a question cut off before its type', QUERY.subarray(0, QUERY.length - 3)],
  ['a pointer in place of a label', Buffer.concat([QUERY.subarray(0, 12), Buffer.from('c00c00010001', 'hex')])],
];
for (const [title, message] of malformed) dns(`refuses ${title}`, () => assert.is(decodeQuestion(message), undefined));

dns.run();
