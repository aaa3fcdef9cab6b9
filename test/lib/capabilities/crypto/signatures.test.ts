import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { isSignatureValid } from '../../../../lib/capabilities/crypto/signatures.js';
import { bytesOf } from '../call-context.js';
import { oddRsaKey } from './odd-rsa-key.js';

const signatures = suite('capabilities/crypto/signatures');
const message = bytesOf('what was signed');
const spkiOf = (key: KeyObject) => new Uint8Array(key.export({ format: 'der', type: 'spki' }));

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ed25519 = generateKeyPairSync('ed25519');
const pkcs1 = { padding: constants.RSA_PKCS1_PADDING };
const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };

// The numbers are those of webpki/src/signatures.rs.
const schemes: readonly (readonly [string, number, { publicKey: KeyObject; privateKey: KeyObject }, string | null, object])[] = [
  ['ECDSA with SHA-256', 0, p256, 'sha256', {}],
  ['ECDSA with SHA-384', 1, p256, 'sha384', {}],
  ['ECDSA with SHA-512', 2, p256, 'sha512', {}],
  ['Ed25519', 3, ed25519, null, {}],
  ['PKCS#1 with SHA-256', 4, rsa, 'sha256', pkcs1],
  ['PKCS#1 with SHA-384', 5, rsa, 'sha384', pkcs1],
  ['PKCS#1 with SHA-512', 6, rsa, 'sha512', pkcs1],
  ['PSS with SHA-256', 7, rsa, 'sha256', pss],
  ['PSS with SHA-384', 8, rsa, 'sha384', pss],
  ['PSS with SHA-512', 9, rsa, 'sha512', pss],
];
for (const [title, scheme, { publicKey, privateKey }, hash, options] of schemes) {
  const signature = new Uint8Array(sign(hash, message, { key: privateKey, ...options }));
  const key = spkiOf(publicKey);
  signatures(`accepts ${title}`, () => assert.ok(isSignatureValid(scheme, { key, message, signature })));
  signatures(`refuses ${title} of another message`, () => assert.not(isSignatureValid(scheme, { key, message: bytesOf('something else'), signature })));
  signatures(`refuses ${title} as any other scheme`, () => {
    const others = schemes.filter(([, other]) => other !== scheme);
    assert.equal(others.filter(([, other]) => isSignatureValid(other, { key, message, signature })), []);
  });
}

const sizes: readonly (readonly [string, boolean, { modulusLength: number; publicExponent?: number }])[] = [
  ['of 2048 bits', true, { modulusLength: 2048 }],
  ['of 2040 bits', false, { modulusLength: 2040 }],
  ['with the exponent 3', true, { modulusLength: 2048, publicExponent: 3 }],
  ['with an exponent of 32 bits', true, { modulusLength: 2048, publicExponent: 0xfffffffb }],
];
for (const [title, expected, options] of sizes) {
  signatures(`${expected ? 'accepts' : 'refuses'} an RSA key ${title}`, () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', options);
    const signature = new Uint8Array(sign('sha256', message, privateKey));
    assert.is(isSignatureValid(4, { key: spkiOf(publicKey), message, signature }), expected);
  });
}

// Each signature is right; whether it counts depends on the key alone. A stranger chose the key to keep its reader busy.
const oddKeys: readonly (readonly [string, boolean, number, bigint])[] = [
  ['of 8,192 bits', true, 8, 65537n],
  ['of 9,216 bits', false, 9, 65537n],
  ['with an exponent of 33 bits', true, 2, 2n ** 33n - 9n],
  ['with an exponent of 34 bits', false, 2, 2n ** 33n + 17n],
  ['with an exponent nearly as long as the modulus', false, 2, 2n ** 2000n + 1n],
];
for (const [title, expected, primes, exponent] of oddKeys) {
  signatures(`${expected ? 'accepts' : 'refuses'} an RSA key ${title}`, () => {
    assert.is(isSignatureValid(4, { ...oddRsaKey(primes, exponent, message), message }), expected);
  });
}

signatures('refuses a key that is none', () => assert.not(isSignatureValid(4, { key: Uint8Array.of(1, 2, 3), message, signature: new Uint8Array(256) })));

signatures('refuses a point that is not on the curve', () => {
  const point = spkiOf(p256.publicKey);
  const key = Uint8Array.from(point, (byte, index) => (index === point.length - 1 ? byte ^ 1 : byte));
  assert.not(isSignatureValid(0, { key, message, signature: new Uint8Array(70) }));
});

signatures('a scheme nobody knows is a bug', () => {
  assert.throws(() => isSignatureValid(10, { key: new Uint8Array(0), message, signature: message }), /asked for the signature scheme 10/);
});

signatures.run();
