#!/usr/bin/env node
// Turns the compiled path validator into the TypeScript module that carries it: text, so that no packaging step has to
// know of a binary file.
//
//   node scripts/write-webpki-module.mjs path_validator.wasm [--check]

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createHash } from 'node:crypto';

const target = fileURLToPath(new URL('../lib/capabilities/crypto/webpki-module.ts', import.meta.url));
const [source, mode] = process.argv.slice(2);
const bytes = readFileSync(source);
const base64 = bytes.toString('base64').replace(/.{1,480}/g, (line) => `  '${line}',\n`);
const text = `/*!
 * The WebAssembly module built from ./webpki by scripts/build-webpki.sh; not written by hand. It contains rustls-webpki
 * and untrusted (ISC licence, Copyright 2015 Brian Smith and contributors), rustls-pki-types, zeroize and Rust's core and
 * alloc libraries (MIT or Apache-2.0). The licence texts are in ./webpki/LICENSES.md.
 */

/** SHA-256 of the module's bytes. */
export const webpkiDigest = '${createHash('sha256').update(bytes).digest('hex')}';

/** The module's ${bytes.length} bytes as base64, in lines. */
export const webpkiBase64: readonly string[] = [
${base64}];
`;
if (mode === '--check') {
  if (readFileSync(target, 'utf8') !== text) {
    console.error(`${source} differs from the module in lib/capabilities/crypto/webpki-module.ts`);
    process.exitCode = 1;
  }
} else {
  writeFileSync(target, text);
}
