// Whatever is wrong with the input: one sentence on standard error, the right exit code, nothing on standard output, an end.
import { chmodSync, mkdirSync } from 'node:fs';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { fixtureBytes, reviewText } from '../../support/fixtures.js';
import { wat } from '../../support/wat.js';
import { callCli, fixturePath, Folder, reviewPath, type CallOptions } from './cli-process.js';

const badInput = suite('cli/bad-input');
const folder = new Folder();
badInput.after(() => folder.remove());

const policy = fixturePath('pod-privileged');
const adversarial = (name: string): string => fixturePath(`adversarial/${name}`);
const review = reviewPath('pod-allowed');
const pod = fixtureBytes('pod-privileged');
const withoutRequest = '{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}';
const deep = '['.repeat(100_000) + ']'.repeat(100_000);
const settings = folder.file('settings.yml', 'skip_init_containers: true\n');
const missing = `${folder.path}/missing`;
mkdirSync(`${folder.path}/folder`);

interface BadCase {
  readonly words: readonly string[];
  /** What the sentence says. */
  readonly says: string | RegExp;
  readonly code?: number;
  readonly options?: CallOptions;
}

const module = (name: string, bytes: Uint8Array): string => folder.file(`${name}.wasm`, bytes);
const requestIn = (name: string, content: string | Uint8Array): readonly string[] => ['run', policy, '-r', folder.file(`${name}.json`, content)];
const settingsIn = (name: string, content: string | Uint8Array): readonly string[] => ['run', policy, '-r', review, '-s', folder.file(name, content)];
const manifest = (name: string, content: string): readonly string[] => ['run', folder.file(`${name}.yaml`, content), '-r', review];

const cases: Readonly<Record<string, BadCase>> = {
  // The policy
  'a policy that is no Wasm file': { words: ['run', module('text', Buffer.from('#!/bin/sh\n')), '-r', review], says: 'its bytes do not begin with the magic number of WebAssembly' },
  'an empty policy file': { words: ['run', module('empty', Buffer.alloc(0)), '-r', review], says: 'its bytes do not begin with the magic number of WebAssembly' },
  'a truncated module': { words: ['run', module('truncated', pod.subarray(0, pod.length / 2)), '-r', review], says: /announces \d+ bytes where \d+ are left/ },
  'a component': { words: ['run', module('component', Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0)), '-r', review], says: 'it is a component' },
  'a module with a broken body': { words: ['run', module('broken', brokenBody()), '-r', review], says: 'Cannot compile the module' },
  'an import that no host offers': { words: ['run', adversarial('unknown-import'), '-r', review], says: 'which the host does not offer' },
  'a module without __guest_call': { words: ['run', adversarial('no-guest-call'), '-r', review], says: 'Guest call function (__guest_call) not exported by wasm module.' },
  'a module without memory': { words: ['run', adversarial('no-memory'), '-r', review], says: "Cannot find 'mem' export" },
  'a module that does nothing of a policy': { words: ['run', module('nothing', wat('(module)')), '-r', review], says: 'not exported by wasm module' },
  'a policy that is missing': { words: ['run', missing, '-r', review], says: `Cannot find policy with uri: ${missing}` },
  'a policy that is a folder': { words: ['run', folder.path, '-r', review], says: 'Cannot find policy with uri' },
  'a policy whose URL names no file': { words: ['run', `file://${missing}.wasm`, '-r', review], says: 'there is no such file' },
  'a policy behind an unknown scheme': { words: ['run', 'ftp://host/policy.wasm', '-r', review], says: 'Unknown scheme: ftp' },
  'a policy with metadata that is no metadata': { words: ['run', module('metadata', moduleWithMetadata('{"rules":1}')), '-r', review], says: 'cannot deserialize custom section `io.kubewarden.metadata` of wasm module' },
  'a policy in Rego without metadata': { words: ['run', module('rego', rego()), '-r', review], says: 'The policy has been created with Rego, please specify which Opa runtime has to be used' },
  'a start function that traps': { words: ['run', adversarial('trap-init'), '-r', review], says: 'Initialization failed' },
  'a start function that exits with a code': { words: ['run', adversarial('exit-3-in-start'), '-r', review], says: 'Initialization failed' },
  'a start function that never ends': { words: ['run', adversarial('infinite-loop-start'), '-r', review, '--timeout', '200ms'], says: 'execution deadline exceeded' },
  'a settings validation that never ends': { words: ['run', adversarial('settings-hang'), '-r', review, '--timeout', '200ms'], says: 'Provided settings are not valid: ' },
  'a settings validation that traps': { words: ['run', adversarial('settings-trap'), '-r', review], says: 'Provided settings are not valid: Error invoking settings validation callback: GuestCallFailure(' },
  'a settings validation that answers nothing': { words: ['run', adversarial('settings-missing'), '-r', review], says: 'Provided settings are not valid: ' },
  'a settings validation that answers garbage': { words: ['run', adversarial('settings-wrong-shape'), '-r', review], says: 'Provided settings are not valid: error: ' },
  // The request
  'a review without request': { words: requestIn('no-request', withoutRequest), says: 'invalid AdmissionReview object' },
  'a review with a null request': { words: requestIn('null-request', '{"kind":"AdmissionReview","request":null}'), says: 'invalid AdmissionReview object' },
  'a request without uid': { words: requestIn('no-uid', '{"kind":{"group":"","version":"v1","kind":"Pod"}}'), says: 'cannot build AdmissionRequest object from given input: missing field `uid`' },
  'a request that is no object': { words: requestIn('list', '[1]'), says: 'Invalid request object' },
  'a request that is a string': { words: requestIn('string', '"AdmissionReview"'), says: 'Invalid request object' },
  'a request that is not UTF-8': { words: requestIn('latin1', Buffer.from('{"uid":"\xe9"}', 'latin1')), says: 'not well-formed UTF-8' },
  'a request with bytes behind it': { words: requestIn('trailing', `${reviewText('pod-allowed')} x`), says: 'cannot read JSON' },
  'a request that is cut off': { words: requestIn('cut', reviewText('pod-allowed').slice(0, 400)), says: 'cannot read JSON' },
  'a request with a key twice': { words: requestIn('twice', reviewText('pod-allowed').replace('"uid"', '"uid": "1", "uid"')), says: 'appears twice' },
  'a request nested 100,000 levels deep': { words: requestIn('deep', deep), says: 'too many nested arrays and objects' },
  'a raw request nested 100,000 levels deep': { words: [...requestIn('deep-raw', deep), '--raw'], says: 'too many nested arrays and objects' },
  '10 MB that are no review': { words: requestIn('large', `{"data":"${'x'.repeat(10_000_000)}"}`), says: 'cannot build AdmissionRequest object' },
  'a request beyond the largest size': { words: requestIn('huge', Buffer.alloc(64 * 1024 * 1024 + 1, 0x20)), says: 'it has more than 67108864 bytes' },
  'a request file that is missing': { words: ['run', policy, '-r', missing], says: `Cannot read the request from '${missing}': there is no such file or folder.` },
  'a request file that is a folder': { words: ['run', policy, '-r', folder.path], says: 'it is a folder' },
  'an empty request file': { words: requestIn('nothing', ''), says: 'it is empty' },
  'an empty standard input': { words: ['run', policy, '-r', '-'], says: 'Cannot read the request from standard input: it is empty.' },
  'a standard input of spaces': { words: ['run', policy, '-r', '-'], says: 'cannot read JSON', options: { stdin: ' \n' } },
  // The settings
  'settings that are a list': { words: ['run', policy, '-r', review, '--settings-json', '[]'], says: 'Invalid settings in CRD, not an object' },
  'settings that are a word': { words: settingsIn('word.yml', 'yes\n'), says: 'Invalid settings in CRD, not an object' },
  'settings that the policy refuses': { words: ['run', policy, '-r', review, '--settings-json', '{"skip_init_containers":"yes"}'], says: 'Provided settings are not valid: ' },
  'settings that are no YAML': { words: settingsIn('broken.yml', 'a: [1\nb: 2'), says: 'Cannot read the settings' },
  'settings with a key twice': { words: settingsIn('twice.yml', 'a: 1\na: 2\n'), says: 'the key "a" appears twice' },
  'settings of two documents': { words: settingsIn('two.yml', 'a: 1\n---\na: 2\n'), says: 'it holds 2 documents, expected one' },
  'settings that are not UTF-8': { words: settingsIn('latin1.yml', Buffer.from('a: \xe9', 'latin1')), says: 'its bytes are not UTF-8' },
  'settings that unfold without end': { words: settingsIn('bomb.yml', aliasBomb()), says: 'Excessive alias count' },
  'settings nested 100,000 levels deep as JSON': { words: settingsIn('deep.json', deep), says: 'it is nested more than 127 levels deep' },
  'settings nested 100,000 levels deep, cut off': { words: settingsIn('deep-cut.json', '['.repeat(100_000)), says: 'it is nested more than 127 levels deep' },
  'settings nested 100,000 levels deep as YAML': { words: settingsIn('deep.yml', '- '.repeat(100_000)), says: 'it is nested more than 127 levels deep' },
  'settings of 10 MB': { words: settingsIn('large.json', `{"a":"${'x'.repeat(10_000_000)}"}`), says: 'it has more than 2097152 bytes' },
  'a settings file that is missing': { words: ['run', policy, '-r', review, '-s', missing], says: 'Cannot read the settings from' },
  // The manifest
  'a manifest with another apiVersion': { words: manifest('version', 'apiVersion: v1\nkind: AdmissionPolicy\n'), says: 'invalid apiVersion v1' },
  'a manifest of another kind': { words: manifest('kind', 'apiVersion: policies.kubewarden.io/v1\nkind: PolicyServer\n'), says: 'unknown kind PolicyServer, not a Kubewarden policy' },
  'a manifest without spec': { words: manifest('spec', 'apiVersion: policies.kubewarden.io/v1\nkind: AdmissionPolicy\n'), says: 'CRD does not have spec, but it is required for AdmissionPolicy' },
  'a manifest without a module': { words: manifest('module', 'apiVersion: policies.kubewarden.io/v1\nkind: AdmissionPolicy\nspec: {}\n'), says: 'cannot parse value into AdmissionPolicy: spec: missing field `module`' },
  'a manifest whose module is missing': { words: manifest('gone', `apiVersion: policies.kubewarden.io/v1\nkind: AdmissionPolicy\nspec: {module: ${missing}.wasm}\n`), says: 'Cannot find policy with uri' },
  'a manifest with settings that are no object': { words: manifest('list', `apiVersion: policies.kubewarden.io/v1\nkind: AdmissionPolicy\nspec: {module: x.wasm, settings: [1]}\n`), says: 'Invalid settings in CRD, not an object' },
  'a manifest of a group': { words: manifest('group', 'apiVersion: policies.kubewarden.io/v1\nkind: ClusterAdmissionPolicyGroup\nspec: {}\n'), says: 'policy groups are not built yet' },
  'an empty manifest': { words: manifest('empty', '# nothing\n'), says: 'it holds no policy' },
  'a manifest of words': { words: manifest('words', 'hello\n'), says: 'a document is no map' },
  'a manifest that is missing': { words: ['run', `${missing}.yaml`, '-r', review], says: 'Cannot read the policies from' },
  'a manifest together with --raw': { words: [...manifest('raw', 'a: b\n'), '--raw'], says: /The --raw option cannot be used with a YAML file: .*raw\.yaml/ },
  // Options that cannot be
  'a capability pattern that matches nothing': { words: ['run', policy, '-r', review, '--allowed-host-capabilities', 'oci/v9/verify'], says: 'Invalid host capabilities pattern: invalid pattern "oci/v9/verify": unknown segment "v9"' },
  'a mode that the module does not speak': { words: ['run', policy, '-r', review, '-e', 'opa'], says: "execution mode 'opa'" },
  // The other commands
  'inspecting what is no Wasm file': { words: ['inspect', folder.file('text.txt', 'hello')], says: 'its bytes do not begin with the magic number of WebAssembly' },
  'inspecting a missing file': { words: ['inspect', missing], says: 'Cannot find policy with uri' },
  'inspecting a module without metadata': { words: ['inspect', adversarial('accept')], says: 'No Kubewarden metadata found inside of ' },
  'annotating with a missing file': { words: ['annotate', policy, '-m', missing, '-o', `${missing}.wasm`], says: 'Cannot read the metadata from' },
  'annotating with what is no metadata': { words: ['annotate', policy, '-m', settings, '-o', `${missing}.wasm`], says: 'Error unmarshalling metadata ' },
};

for (const [title, { words, says, code = 1, options }] of Object.entries(cases)) {
  badInput(title, async () => {
    const result = await callCli(words, options);
    assert.is(result.code, code, result.stderr);
    assert.is(result.stdout, '');
    const sentence = lastLine(result.stderr, title);
    assert.ok(typeof says === 'string' ? sentence.includes(says) : says.test(sentence), sentence);
  });
}

// Root reads every file.
if (process.getuid?.() !== 0) {
  badInput('a request file that may not be read', async () => {
    const path = folder.file('secret.json', '{}');
    chmodSync(path, 0);
    const { code, stderr } = await callCli(['run', policy, '-r', path]);
    assert.is(code, 1);
    assert.match(stderr, 'access is denied');
  });
}

/** The one line that tells what is wrong; log lines of the policy may come before it. */
function lastLine(stderr: string, title: string): string {
  const lines = stderr.trimEnd().split('\n').filter((line) => !/^ *(WARN|INFO) /.test(line));
  // The reference's text about missing metadata has two lines.
  assert.is(lines.length, title.includes('without metadata') && title.startsWith('inspecting') ? 2 : 1, stderr);
  assert.match(lines[0] ?? '', /^Error: /);
  assert.not.match(stderr, /^ +at /m);
  return lines[0] ?? '';
}

function brokenBody(): Uint8Array {
  const bytes = wat('(module (memory (export "memory") 1) (func (export "__guest_call") (param i32 i32) (result i32) i32.const 1))');
  const at = bytes.lastIndexOf(0x41);
  // i32.const becomes an opcode that does not exist.
  bytes[at] = 0xff;
  return bytes;
}

function rego(): Uint8Array {
  return wat('(module (func (export "opa_eval")))');
}

function moduleWithMetadata(text: string): Uint8Array {
  const name = Buffer.from('io.kubewarden.metadata');
  const content = Buffer.concat([Buffer.of(name.length), name, Buffer.from(text)]);
  return Buffer.concat([wat('(module)'), Buffer.of(0, content.length), content]);
}

function aliasBomb(): string {
  // Each level holds ten of the one before.
  const level = (index: number): string => (index === 0 ? 'x' : Array.from({ length: 10 }, () => `*n${index - 1}`).join(', '));
  return Array.from({ length: 10 }, (_, index) => `n${index}: &n${index} [${level(index)}]`).join('\n');
}

badInput.run();
