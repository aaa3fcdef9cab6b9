// Certificates as a policy hands them over: PEM or DER as a list of numbers. What the DER means is webpki's to say.

import { z } from 'zod';

import { refusal } from '../capability.js';

/** 64 KiB: webpki reads no longer certificate. PEM may be this long too; a real certificate has about 2 KB. */
const maxCertificateBytes = 64 * 1024;

/** A certificate on the wire: `{"encoding": "Pem" | "Der", "data": number[]}`, the numbers being bytes. */
export const certificateData = z.object({
  encoding: z.enum(['Pem', 'Der']),
  data: z.custom<readonly number[]>(isByteList, 'expected a list of bytes'),
});

/** A certificate as `certificateData` reads it. */
export type CertificateData = z.infer<typeof certificateData>;

/**
 * The DER of a certificate; of several in one PEM text the first one counts.
 *
 * @throws {Fault} CAPABILITY_REFUSED
 */
export function decodeCertificate({ encoding, data }: CertificateData): Uint8Array {
  if (data.length > maxCertificateBytes) throw refusal(`Certificate of ${data.length} bytes exceeds ${maxCertificateBytes} bytes`);
  const bytes = Uint8Array.from(data);
  return encoding === 'Der' ? bytes : decodePem(new TextDecoder().decode(bytes));
}

/**
 * The bytes of the first block of a PEM text; text around the block is passed over (RFC 7468 section 2).
 *
 * @throws {Fault} CAPABILITY_REFUSED
 */
export function decodePem(text: string): Uint8Array {
  const block = /-----BEGIN ([^\r\n-]*)-----([^-]*)(?:-----END ([^\r\n-]*)-----)?/.exec(text);
  if (block === null) throw badPem('no BEGIN line');
  const [, begin = '', body = '', end] = block;
  if (end === undefined) throw badPem('no END line');
  if (begin !== end) throw badPem('the BEGIN and END lines differ');
  if (begin !== 'CERTIFICATE') throw badPem('not a CERTIFICATE');
  const base64 = body.replaceAll(/\s/g, '');
  if (base64 === '' || base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) throw badPem('not base64');
  return Uint8Array.from(Buffer.from(base64, 'base64'));
}

function badPem(problem: string): Error {
  return refusal(`Certificate PEM data is not valid: ${problem}`);
}

function isByteList(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => Number.isInteger(item) && item >= 0 && item <= 255);
}
