import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { decodeCertificate, decodePem } from '../../../../lib/capabilities/crypto/certificate-data.js';
import { isFault } from '../../../../lib/fault.js';
import { bytesOf } from '../call-context.js';
import { pemOf } from './authority.js';

const data = suite('capabilities/crypto/certificate-data');
const der = Uint8Array.of(0x30, 3, 2, 1, 5);
const other = Uint8Array.of(0x30, 3, 2, 1, 6);

const readable: readonly (readonly [string, string])[] = [
  ['a block', pemOf(der)],
  ['Windows line ends', pemOf(der).replaceAll('\n', '\r\n')],
  ['no line ends inside', '-----BEGIN CERTIFICATE-----MAMCAQU=-----END CERTIFICATE-----'],
  ['white space inside', '-----BEGIN CERTIFICATE-----\n MAMC \n\n\tAQU= \n-----END CERTIFICATE-----'],
  ['text before and behind', `subject: CN=x\n${pemOf(der)}\nthe end`],
  ['the first of two blocks', pemOf(der) + pemOf(other)],
];
for (const [title, text] of readable) {
  data(`reads ${title}`, () => assert.equal(decodePem(text), der));
}

const unreadable: readonly (readonly [string, string, string])[] = [
  ['nothing', '', 'no BEGIN line'],
  ['DER where PEM was promised', 'MAMCAQU=', 'no BEGIN line'],
  ['a block that does not end', '-----BEGIN CERTIFICATE-----\nMAMCAQU=', 'no END line'],
  ['a block that ends as another', '-----BEGIN CERTIFICATE-----\nMAMCAQU=\n-----END CERTIFICATE REQUEST-----', 'the BEGIN and END lines differ'],
  ['a key', pemOf(der, 'PRIVATE KEY'), 'not a CERTIFICATE'],
  ['an empty block', '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----', 'not base64'],
  ['a letter that is not base64', '-----BEGIN CERTIFICATE-----\nMAMC*QU=\n-----END CERTIFICATE-----', 'not base64'],
  ['base64 of URLs', '-----BEGIN CERTIFICATE-----\nMAMC_QU=\n-----END CERTIFICATE-----', 'not base64'],
  ['base64 that is cut off', '-----BEGIN CERTIFICATE-----\nMAMCAQU\n-----END CERTIFICATE-----', 'not base64'],
  ['padding in the middle', '-----BEGIN CERTIFICATE-----\nMA==AQU=\n-----END CERTIFICATE-----', 'not base64'],
];
for (const [title, text, problem] of unreadable) {
  data(`refuses ${title}`, () => {
    assert.throws(
      () => decodePem(text),
      (thrown: unknown) => isFault(thrown, 'CAPABILITY_REFUSED') && thrown.message === `Certificate PEM data is not valid: ${problem}`,
    );
  });
}

data('reads back whatever was written', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (bytes) => assert.equal(decodePem(pemOf(bytes)), bytes)),
    { seed: 42, numRuns: 200 },
  );
});

data('takes DER as it is, and PEM of bytes that are no UTF-8 for no PEM', () => {
  assert.equal(decodeCertificate({ encoding: 'Der', data: [...der] }), der);
  assert.throws(() => decodeCertificate({ encoding: 'Pem', data: [0xff, 0xfe] }), /no BEGIN line/);
});

data('reads 64 KiB and no more, in time that does not run away', () => {
  const begins = '-----BEGIN x'.repeat(65536 / 12);
  assert.throws(() => decodeCertificate({ encoding: 'Pem', data: [...bytesOf(begins)] }), /is not valid: no END line/);
  assert.throws(() => decodeCertificate({ encoding: 'Pem', data: [...bytesOf(`${begins}${' '.repeat(12)}`)] }), /exceeds 65536 bytes/);
});

data.run();
