#!/usr/bin/env node
// Builds the path validator (lib/capabilities/crypto/webpki, Rust) and writes the TypeScript module that carries it as
// text, so that no packaging step has to know of a binary file. Nobody needs this to build or test the library: the
// result is committed, and changes with the version of rustls-webpki.
//
//   npm run webpki              writes lib/capabilities/crypto/webpki-module.ts
//   npm run webpki -- --check   compares instead: the same sources must give the same bytes
//
// Needs cargo and rustc of the version below with the sources of its standard library: on Debian 12 the packages
// rustc-web, cargo-web, rust-web-src and rust-web-llvm, elsewhere rustup's component rust-src. RUSTC and CARGO say where they are.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** The compiler whose output is committed: another one writes other bytes. */
const version = 'rustc 1.96.0';

const top = fileURLToPath(new URL('..', import.meta.url));
const crate = join(top, 'lib/capabilities/crypto/webpki');
const carrier = join(top, 'lib/capabilities/crypto/webpki-module.ts');
const target = join(top, 'build/webpki');
const { RUSTC: rustc = 'rustc', CARGO: cargo = 'cargo', HOME: home } = process.env;
const { values: options } = parseArgs({ options: { check: { type: 'boolean', default: false } } });

function build() {
  const found = execFileSync(rustc, ['--version'], { encoding: 'utf8' });
  if (!found.startsWith(version)) throw new Error(`${rustc} is '${found.trim()}' instead of '${version}'`);
  const flags = [
    '-C link-arg=--max-memory=33554432',
    '-C link-arg=-zstack-size=262144',
    // Panics name their source file; where the trees lie must not change the module.
    `--remap-path-prefix=${crate}=.`,
    `--remap-path-prefix=${home}=~`,
  ];
  execFileSync(cargo, ['build', '--locked', '--quiet', '--release', '--target', 'wasm32-unknown-unknown', '-Z', 'build-std=core,alloc'], {
    cwd: crate,
    stdio: ['ignore', 'inherit', 'inherit'],
    // The standard library is built along, since few installations have it for this target; a stable compiler wants to be asked twice.
    env: { ...process.env, RUSTC: rustc, RUSTC_BOOTSTRAP: '1', CARGO_TARGET_DIR: target, RUSTFLAGS: flags.join(' ') },
  });
  return readFileSync(join(target, 'wasm32-unknown-unknown/release/path_validator.wasm'));
}

function carrierOf(wasm) {
  const lines = wasm.toString('base64').replace(/.{1,480}/g, (line) => `  '${line}',\n`);
  return `/*!
 * Built from ./webpki by scripts/build-webpki.mjs; not written by hand. The module contains rustls-webpki and untrusted:
 *
 * Copyright 2015 Brian Smith (rustls-webpki), Copyright 2015-2016 Brian Smith (untrusted).
 *
 * Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted,
 * provided that the above copyright notice and this permission notice appear in all copies.
 *
 * THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHORS DISCLAIM ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL
 * IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHORS BE LIABLE FOR ANY SPECIAL, DIRECT,
 * INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
 * ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF
 * THIS SOFTWARE.
 *
 * It also contains rustls-pki-types, zeroize and parts of Rust's core and alloc libraries, under the Apache License 2.0.
 */

/** SHA-256 of the module's bytes. */
export const webpkiDigest = '${createHash('sha256').update(wasm).digest('hex')}';

/** The module's ${wasm.length} bytes as base64, in lines. */
export const webpkiBase64: readonly string[] = [
${lines}];
`;
}

try {
  const text = carrierOf(build());
  if (!options.check) writeFileSync(carrier, text);
  else if (readFileSync(carrier, 'utf8') !== text) throw new Error(`${crate} built from its sources differs from ${carrier}`);
  console.log(options.check ? 'the same bytes' : `wrote ${carrier}`);
} catch (error) {
  console.error(`webpki: ${error.message}`);
  process.exitCode = 1;
}
