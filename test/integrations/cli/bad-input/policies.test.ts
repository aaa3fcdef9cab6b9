import { symlinkSync } from 'node:fs';

import { suite } from 'uvu';

import { fixtureBytes } from '../../../support/fixtures.js';
import { wat } from '../../../support/wat.js';
import { fixturePath, Folder, reviewPath } from '../cli-process.js';
import { addBadCases } from './bad-case.js';

const policies = suite('cli/bad-input/policies');
const folder = new Folder();
policies.after(() => folder.remove());

const policy = fixturePath('pod-privileged');
const review = reviewPath('pod-allowed');
const missing = `${folder.path}/missing`;
const pod = fixtureBytes('pod-privileged');
const adversarial = (name: string): string => fixturePath(`adversarial/${name}`);
const module = (name: string, bytes: Uint8Array): string => folder.file(`${name}.wasm`, bytes);
const settings = folder.file('settings.yml', 'skip_init_containers: true\n');

addBadCases(policies, {
  'a policy that is no Wasm file': { words: ['run', module('text', Buffer.from('#!/bin/sh\n')), '-r', review], says: `Cannot use the policy 'file://${folder.path}/text.wasm': cannot use the Wasm module: its bytes do not begin with the magic number of WebAssembly` },
  'an empty policy file': { words: ['run', module('empty', Buffer.alloc(0)), '-r', review], says: 'its bytes do not begin with the magic number of WebAssembly' },
  'a truncated module': { words: ['run', module('truncated', pod.subarray(0, pod.length / 2)), '-r', review], says: /announces \d+ bytes where \d+ are left/ },
  'a component': { words: ['run', module('component', Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0)), '-r', review], says: 'it is a component' },
  'a module with a broken body': { words: ['run', module('broken', brokenBody()), '-r', review], says: 'Cannot compile the module' },
  'an import that no host offers': { words: ['run', adversarial('unknown-import'), '-r', review], says: 'which the host does not offer' },
  'a module without __guest_call': { words: ['run', adversarial('no-guest-call'), '-r', review], says: 'Guest call function (__guest_call) not exported by wasm module.' },
  'a module without memory': { words: ['run', adversarial('no-memory'), '-r', review], says: "Cannot find 'mem' export" },
  'a module that does nothing of a policy': { words: ['run', module('nothing', wat('(module)')), '-r', review], says: 'not exported by wasm module' },
  'a policy that is missing': { words: ['run', missing, '-r', review], says: `Cannot find policy with uri: ${missing}` },
  'a policy that is a folder': { words: ['run', folder.path, '-r', review], says: `Cannot find policy with uri: ${folder.path} (it is a folder` },
  'a policy behind symbolic links in a circle': { words: ['run', circle(), '-r', review], says: 'its symbolic links lead in a circle' },
  'a policy whose URL names no file': { words: ['run', `file://${missing}.wasm`, '-r', review], says: 'there is no such file' },
  'a policy behind an unknown scheme': { words: ['run', 'ftp://host/policy.wasm', '-r', review], says: 'Unknown scheme: ftp' },
  'a policy with metadata that is no metadata': { words: ['run', module('metadata', moduleWithMetadata('{"rules":1}')), '-r', review], says: `Cannot use the policy 'file://${folder.path}/metadata.wasm': cannot deserialize custom section \`io.kubewarden.metadata\` of wasm module` },
  'a policy in Rego without metadata': { words: ['run', module('rego', rego()), '-r', review], says: 'The policy has been created with Rego, please specify which Opa runtime has to be used' },
  'a start function that traps': { words: ['run', adversarial('trap-init'), '-r', review], says: 'Initialization failed' },
  'a start function that exits with a code': { words: ['run', adversarial('exit-3-in-start'), '-r', review], says: 'Initialization failed' },
  'a start function that never ends': { words: ['run', adversarial('infinite-loop-start'), '-r', review, '--timeout', '200ms'], says: 'execution deadline exceeded' },
  'a settings validation that never ends': { words: ['run', adversarial('settings-hang'), '-r', review, '--timeout', '200ms'], says: 'Provided settings are not valid: ' },
  'a settings validation that traps': { words: ['run', adversarial('settings-trap'), '-r', review], says: 'Provided settings are not valid: Error invoking settings validation callback: GuestCallFailure(' },
  'a settings validation that answers nothing': { words: ['run', adversarial('settings-missing'), '-r', review], says: 'Provided settings are not valid: ' },
  'a settings validation that answers garbage': { words: ['run', adversarial('settings-wrong-shape'), '-r', review], says: 'Provided settings are not valid: error: ' },
  // Options that cannot be
  'a capability pattern that matches nothing': { words: ['run', policy, '-r', review, '--allowed-host-capabilities', 'oci/v9/verify'], says: 'Invalid host capabilities pattern: invalid pattern "oci/v9/verify": unknown segment "v9"' },
  'a mode that the module does not speak': { words: ['run', policy, '-r', review, '-e', 'opa'], says: "execution mode 'opa'" },
  // The other commands
  'inspecting what is no Wasm file': { words: ['inspect', folder.file('text.txt', 'hello')], says: `Cannot use the policy 'file://${folder.path}/text.txt': cannot use the Wasm module: its bytes do not begin with the magic number of WebAssembly` },
  'inspecting a missing file': { words: ['inspect', missing], says: 'Cannot find policy with uri' },
  'annotating with a missing file': { words: ['annotate', policy, '-m', missing, '-o', `${missing}.wasm`], says: 'Cannot read the metadata from' },
  'annotating with what is no metadata': { words: ['annotate', policy, '-m', settings, '-o', `${missing}.wasm`], says: 'Error unmarshalling metadata ' },
});

function brokenBody(): Uint8Array {
  const bytes = wat('(module (memory (export "memory") 1) (func (export "__guest_call") (param i32 i32) (result i32) i32.const 1))');
  const at = bytes.lastIndexOf(0x41);
  // i32.const becomes an opcode that does not exist.
  bytes[at] = 0xff;
  return bytes;
}

function circle(): string {
  const path = `${folder.path}/circle`;
  symlinkSync(path, path);
  return path;
}

function rego(): Uint8Array {
  return wat('(module (func (export "opa_eval")))');
}

function moduleWithMetadata(text: string): Uint8Array {
  const name = Buffer.from('io.kubewarden.metadata');
  const content = Buffer.concat([Buffer.of(name.length), name, Buffer.from(text)]);
  return Buffer.concat([wat('(module)'), Buffer.of(0, content.length), content]);
}

policies.run();
