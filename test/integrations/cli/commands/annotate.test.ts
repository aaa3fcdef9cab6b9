// `annotate`: metadata into a module, and nothing else into it.
import { existsSync, readdirSync, readFileSync } from 'node:fs';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { readMetadata } from '../../../../lib/policy/module.js';
import { readSections } from '../../../../lib/wasm/sections.js';
import { moduleInterface } from '../../../../lib/wasm/interface.js';
import { fixtureBytes } from '../../../support/fixtures.js';
import { wat } from '../../../support/wat.js';
import { callCli, fixturePath, Folder } from '../cli-process.js';

const annotate = suite('cli/commands/annotate');
const folder = new Folder();
annotate.after(() => folder.remove());

const rules = 'rules:\n  - {apiGroups: [""], apiVersions: [v1], resources: [pods], operations: [CREATE, UPDATE]}\n';
const plain = folder.file('plain.yml', `${rules}mutating: false\nannotations: {io.kubewarden.policy.title: plain}\n`);
const output = `${folder.path}/annotated.wasm`;
const bare = fixturePath('adversarial/accept');

/** Annotates and returns what came out, with the warnings. */
async function annotated(wasm: string, metadataPath: string, ...more: readonly string[]): Promise<{ readonly bytes: Uint8Array; readonly stderr: string }> {
  const { code, stdout, stderr } = await callCli(['annotate', wasm, '-m', metadataPath, '-o', output, ...more]);
  assert.is(code, 0, stderr);
  assert.is(stdout, '');
  return { bytes: readFileSync(output), stderr };
}

annotate('asks the policy for its protocol version and adds who annotated and how to use it', async () => {
  const { bytes, stderr } = await annotated(bare, plain, '-u', folder.file('usage.md', 'Use it.\n'));
  assert.is(stderr, '');
  const metadata = readMetadata(bytes);
  assert.is(metadata?.protocolVersion, 'v1');
  assert.is(metadata?.executionMode, 'kubewarden-wapc');
  assert.equal(Object.keys(metadata?.annotations ?? {}), ['io.kubewarden.kwctl', 'io.kubewarden.policy.title', 'io.kubewarden.policy.usage']);
  assert.is(metadata?.annotations?.['io.kubewarden.policy.usage'], 'Use it.\n');
});

annotate('adds one section and leaves every other byte alone', async () => {
  const { bytes } = await annotated(bare, plain);
  const original = fixtureBytes('adversarial/accept');
  assert.equal(bytes.subarray(0, original.length), Buffer.from(original));
  assert.is(readSections(bytes).length, readSections(original).length + 1);
});

annotate('replaces the metadata of an annotated policy, in its place', async () => {
  const original = fixtureBytes('pod-privileged');
  const { bytes } = await annotated(fixturePath('pod-privileged'), plain);
  const [before, after] = [readSections(original), readSections(bytes)];
  assert.is(after.length, before.length);
  assert.is(before.filter((section, index) => Buffer.compare(section.encoded, after[index]?.encoded ?? new Uint8Array(0)) !== 0).length, 1);
  assert.is(readMetadata(bytes)?.annotations?.['io.kubewarden.policy.title'], 'plain');
  const again = await annotated(output, plain);
  assert.equal(Buffer.from(again.bytes), Buffer.from(bytes));
});

annotate('replaces metadata that asks for too much or cannot be read', async () => {
  const demanding = folder.file('demanding.yml', `${rules}mutating: false\nminimumKubewardenVersion: 99.0.0\n`);
  await annotated(bare, demanding);
  assert.is(readMetadata(readFileSync(output))?.minimumKubewardenVersion, '99.0.0');
  const { bytes } = await annotated(output, plain);
  assert.is(readMetadata(bytes)?.minimumKubewardenVersion, undefined);
});

annotate('writes over its own input, whole', async () => {
  const path = folder.file('in-place.wasm', fixtureBytes('adversarial/accept'));
  const { code } = await callCli(['annotate', path, '-m', plain, '-o', path]);
  assert.is(code, 0);
  assert.is(readMetadata(readFileSync(path))?.protocolVersion, 'v1');
  assert.not.ok(readdirSync(folder.path).some((name) => name.startsWith('.wasmwarden-')));
});

const wasi = wat(`(module
  (import "kubewarden:javy/host" "call" (func (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
  (memory (export "memory") 1) (func (export "_start")))`);

annotate('gives the host call of JavaScript policies its common name, and their protocol none', async () => {
  const path = folder.file('javy.wasm', wasi);
  const metadata = folder.file('wasi.yml', `${rules}mutating: false\nexecutionMode: wasi\n`);
  const { bytes } = await annotated(path, metadata);
  assert.equal(moduleInterface(bytes).imports.map(({ module, name }) => `${module}.${name}`), ['host.call', 'wasi_snapshot_preview1.proc_exit']);
  assert.is(readMetadata(bytes)?.protocolVersion, 'Unknown');
});

const rego = folder.file('rego.wasm', wat('(module (func (export "opa_eval")))'));

const refused: Readonly<Record<string, readonly [wasm: string, metadata: string, says: string]>> = {
  'metadata without rules': [bare, 'mutating: false', 'Error unmarshalling metadata missing field `rules`'],
  'metadata with an unknown operation': [bare, `rules: [{apiGroups: ["*"], apiVersions: ["*"], resources: ["*"], operations: [READ]}]\nmutating: false`, 'Error unmarshalling metadata '],
  'an empty list in a rule': [bare, `rules: [{apiGroups: [], apiVersions: ["*"], resources: ["*"], operations: ["*"]}]\nmutating: false`, 'Metadata is invalid: rules[0]: apiGroups must hold at least one item'],
  'a wildcard beside others': [bare, `rules: [{apiGroups: ["*", apps], apiVersions: ["*"], resources: ["*"], operations: ["*"]}]\nmutating: false`, "No other elements can be defined when '*' is used"],
  'all resources beside one, in whatever order': [bare, `rules: [{apiGroups: [""], apiVersions: [v1], resources: [pods, "*"], operations: ["*"]}]\nmutating: false`, "if '*' is present, must not specify other resources without subresources"],
  'Rego that claims to be waPC': [rego, `${rules}mutating: false`, "Wrong value inside of policy's metadata for 'executionMode'. This policy has been created using Rego"],
  'waPC that claims to be Rego': [bare, `${rules}mutating: false\nexecutionMode: gatekeeper`, "Wrong value inside of policy's metadata for 'executionMode'. The policy has not been created using Rego"],
  'a policy that speaks another protocol': [fixturePath('adversarial/bad-protocol-version'), `${rules}mutating: false`, 'cannot create ProtocolVersion object from [34, 118, 57, 57, 34]'],
  'a policy that cannot be linked': [fixturePath('adversarial/unknown-import'), `${rules}mutating: false`, 'Cannot ask the policy for its protocol version: Cannot link the module'],
  'a policy whose start traps': [fixturePath('adversarial/trap-init'), `${rules}mutating: false`, 'Initialization failed'],
  'a policy that never says a word': [fixturePath('adversarial/infinite-loop-init'), `${rules}mutating: false`, "cannot invoke 'protocol_version' waPC function : Guest call failure: guest code interrupted, execution deadline exceeded"],
};
for (const [title, [wasm, metadata, says]] of Object.entries(refused)) {
  annotate(`refuses ${title}, and writes nothing`, async () => {
    const path = `${folder.path}/refused.wasm`;
    const { code, stdout, stderr } = await callCli(['annotate', wasm, '-m', folder.file('refused.yml', metadata), '-o', path]);
    assert.is(code, 1);
    assert.is(stdout, '');
    assert.match(stderr, /^Error: [^\n]+\n$/);
    assert.match(stderr, says);
    assert.not.ok(existsSync(path));
  });
}

annotate('tells where it cannot write', async () => {
  const places = [['a folder', folder.path], ['a folder that is missing', `${folder.path}/missing/policy.wasm`]];
  for (const [title, path = ''] of places) {
    const { code, stderr } = await callCli(['annotate', bare, '-m', plain, '-o', path]);
    assert.is(code, 1, title);
    assert.match(stderr, `Error: Cannot write '${path}': `);
    assert.match(stderr, /^Error: [^\n]+\n$/);
  }
});

annotate('warns of host capabilities that are used and not declared, or declared and not used', async () => {
  const used = await annotated(fixturePath('namespace-label'), plain);
  assert.match(used.stderr, / WARN host capabilities used by the policy but not declared in metadata: kubernetes\/get_resource\n/);
  assert.not.match(used.stderr, 'declared in metadata but not detected');
  const declared = folder.file('declared.yml', `${rules}mutating: false\nhostCapabilities: [oci/*, kubernetes/*]\n`);
  const both = await annotated(fixturePath('namespace-label'), declared);
  assert.is(both.stderr, ' WARN host capabilities declared in metadata but not detected in the policy: oci/*\n');
});

annotate.run();
