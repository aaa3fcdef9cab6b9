// From definitions to policies that can be evaluated, or the reason why they cannot.
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import type { RuntimeEvent } from '../../../lib/events.js';
import { loadPolicies } from '../../../lib/runtime/load-policies.js';
import type { LoadedPolicy } from '../../../lib/runtime/loaded-policy.js';
import { Loader } from '../../../lib/runtime/loader/loader.js';
import { runtimeSettings, type RuntimeOptions } from '../../../lib/runtime/options.js';
import type { PolicyInput } from '../../../lib/runtime/policy-input.js';
import { SandboxNumbers } from '../../../lib/runtime/sandbox-numbers.js';
import { withCustomSection } from '../../../lib/wasm/custom-section.js';
import { fixtureBytes } from '../../support/fixtures.js';
import { bytesOf, guestBytes } from '../../support/wapc-guest.js';
import { wat } from '../../support/wat.js';

const loading = suite('runtime/load-policies');

/** Counts what it is asked for. */
class CountingLoader extends Loader {
  count = 0;

  override load(...source: Parameters<Loader['load']>): ReturnType<Loader['load']> {
    this.count += 1;
    return super.load(...source);
  }
}

const loader = new CountingLoader();
loading.after(() => loader[Symbol.asyncDispose]());

async function load(definitions: Readonly<Record<string, PolicyInput>>, options: RuntimeOptions = {}) {
  const events: RuntimeEvent[] = [];
  const settings = runtimeSettings({ ...options, onEvent: (event) => events.push(event) });
  const loaded = await loadPolicies(definitions, { loader, settings, numbers: new SandboxNumbers(), knownPaths: ['net/v1/dns_lookup_host', 'oci/v1/verify'] });
  return { loaded, events };
}

async function loadOne(input: PolicyInput, options: RuntimeOptions = {}): Promise<LoadedPolicy> {
  const policy = (await load({ p: input }, options)).loaded.get('p');
  if (policy === undefined) throw new Error('the policy got lost');
  return policy;
}

const withMetadata = (metadata: object): Uint8Array => withCustomSection(guestBytes({}), 'io.kubewarden.metadata', bytesOf(JSON.stringify(metadata)));
const metadata = { protocolVersion: 'v1', rules: [], mutating: false };

loading('a policy is ready with its definition, defaults and metadata', async () => {
  const { loaded, events } = await load({
    p: {
      module: fixtureBytes('pod-privileged'), policyMode: 'monitor', allowedToMutate: true, message: 'm', settings: { a: [1] }, timeoutEvalSeconds: 3,
      hostCapabilities: ['oci/*'], contextAwareResources: [{ apiVersion: 'v1', kind: 'Namespace' }],
    },
  });
  const policy = loaded.get('p');
  assert.ok(policy?.kind === 'ready');
  assert.equal(policy.enforcement, { id: 'p', mode: 'monitor', allowedToMutate: true, message: 'm' });
  assert.is(new TextDecoder().decode(policy.settings), '{"a":[1]}');
  assert.equal(policy.limits, { start: 3000, call: 3000 });
  assert.equal(policy.grants, { kind: 'listed', prefixes: ['oci/'], paths: [] });
  assert.equal(policy.contextAwareResources, [{ apiVersion: 'v1', kind: 'Namespace' }]);
  assert.is(policy.metadata?.protocolVersion, 'v1');
  const [event] = events;
  assert.ok(event?.kind === 'policy-loaded');
  assert.equal([event.policyId, event.digest, event.loadMs > 0, events.length], ['p', policy.digest, true, 1]);
});

loading('the caller may name the execution mode, whatever the metadata says', async () => {
  const module = withMetadata({ ...metadata, executionMode: 'gatekeeper' });
  assert.is((await loadOne({ module })).kind, 'unusable');
  assert.is((await loadOne({ module, executionMode: 'kubewarden-wapc' })).kind, 'ready');
  const asked = await loadOne({ module: withMetadata(metadata), executionMode: 'gatekeeper' });
  assert.ok(asked.kind === 'unusable');
  assert.match(asked.fault.message, "'gatekeeper'");
});

loading("without a limit of its own a policy has the runtime's", async () => {
  for (const [policyTimeoutMs, limitMs] of [[700, 700], [null, Number.POSITIVE_INFINITY]] as const) {
    const policy = await loadOne({ module: guestBytes({}) }, { policyTimeoutMs });
    assert.is(policy.kind === 'ready' ? policy.limits.call : undefined, limitMs);
  }
});

loading('a distinct module is loaded once a batch, from a file or from bytes', async () => {
  const bytes = fixtureBytes('pod-privileged');
  const path = 'build/fixtures/policies/pod-privileged.wasm';
  loader.count = 0;
  const { loaded } = await load({ a: { module: path }, b: { module: path }, c: { module: bytes }, d: { module: bytes }, e: { module: fixtureBytes('add-label') } });
  assert.is(loader.count, 3);
  const [a, b, c] = ['a', 'b', 'c'].map((id) => loaded.get(id));
  assert.ok(a?.kind === 'ready' && b?.kind === 'ready' && c?.kind === 'ready');
  assert.is(a.code.module, b.code.module);
  assert.is(a.digest, c.digest);
});

loading('a bad policy stops no other, and each says why', async () => {
  const { loaded, events } = await load({ good: { module: guestBytes({}) }, bad: { module: 'missing.wasm' }, alsoGood: { module: guestBytes({}) }, 'a/b': { module: guestBytes({}) } });
  assert.equal([...loaded.values()].map(({ kind }) => kind), ['ready', 'unusable', 'ready', 'unusable']);
  assert.equal(
    events.map((event) => (event.kind === 'policy-refused' ? `${event.policyId} ${event.code}` : event.kind)),
    ['policy-loaded', 'bad MODULE_UNREADABLE', 'policy-loaded', 'a/b POLICY_ID_INVALID'],
  );
});

loading('a missing file that several policies name is told to each of them', async () => {
  const { loaded } = await load({ a: { module: 'missing.wasm' }, b: { module: 'missing.wasm' } });
  for (const policy of loaded.values()) assert.is(policy.kind === 'unusable' ? policy.fault.code : '', 'MODULE_UNREADABLE');
});

const cyclic: Record<string, unknown> = {};
cyclic['self'] = cyclic;

const unusable: readonly (readonly [string, PolicyInput, string, RegExp])[] = [
  ['settings that are no object', { module: guestBytes({}), settings: [] as never }, 'POLICIES_INVALID', /^settings: Invalid settings in CRD, not an object$/],
  ['settings that JSON cannot hold', { module: guestBytes({}), settings: cyclic }, 'POLICIES_INVALID', /^could not marshal settings: /],
  ['a grant of what does not exist', { module: guestBytes({}), hostCapabilities: ['net/v2/*'] }, 'CAPABILITY_PATTERN_INVALID', /unknown segment "v2"/],
  ['a module that is not at hand', { module: 'https://example.com/p.wasm' }, 'MODULE_LOCATION_UNSUPPORTED', /download it first/],
  ['metadata that cannot be read', { module: withCustomSection(guestBytes({}), 'io.kubewarden.metadata', bytesOf('{')) }, 'METADATA_INVALID', /^cannot deserialize custom section/],
  ['metadata without protocol version', { module: withMetadata({ ...metadata, protocolVersion: null }) }, 'POLICY_INCOMPATIBLE', /^Policy is missing protocol version, which is required for KubewardenWapc execution mode$/],
  ['metadata of an unknown protocol version', { module: withMetadata({ ...metadata, protocolVersion: 'Unknown' }) }, 'POLICY_INCOMPATIBLE', /^Policy uses protocol version Unknown but only V1 is supported$/],
  ['metadata that asks for a later release', { module: withMetadata({ ...metadata, minimumKubewardenVersion: '99.1.0' }) }, 'POLICY_INCOMPATIBLE', /^Policy required Kubewarden version 99\.1\.0 but is running on /],
  ['metadata of mode wasi', { module: withMetadata({ ...metadata, executionMode: 'wasi' }) }, 'POLICY_MODE_UNSUPPORTED', /^The policy asks for the execution mode 'wasi', which is not supported yet/],
  ['metadata of mode opa', { module: withMetadata({ ...metadata, executionMode: 'opa' }) }, 'POLICY_MODE_UNSUPPORTED', /^The policy asks for the execution mode 'opa', which is not supported yet/],
  ['metadata of mode gatekeeper', { module: withMetadata({ ...metadata, executionMode: 'gatekeeper' }) }, 'POLICY_MODE_UNSUPPORTED', /^The policy asks for the execution mode 'gatekeeper', which is not supported yet/],
  ['no metadata, but the looks of a WASI program', { module: wat('(module (memory (export "memory") 1) (func (export "_start")))') }, 'POLICY_MODE_UNSUPPORTED', /'wasi', which is not supported yet/],
  ['no metadata, but the looks of Rego', { module: wat('(module (memory (export "memory") 1) (func (export "opa_eval")))') }, 'POLICY_MODE_UNSUPPORTED', /'opa', which is not supported yet/],
  [
    'metadata of waPC around a WASI program',
    { module: withCustomSection(wat('(module (memory (export "memory") 1) (func (export "_start")))'), 'io.kubewarden.metadata', bytesOf(JSON.stringify(metadata))) },
    'MODULE_UNLINKABLE', /^Guest call function \(__guest_call\) not exported by wasm module\.$/,
  ],
];
for (const [title, input, code, message] of unusable) {
  loading(`a policy with ${title} is unusable`, async () => {
    const policy = await loadOne(input);
    assert.ok(policy.kind === 'unusable');
    assert.is(policy.fault.code, code);
    assert.match(policy.fault.message, message);
  });
}

loading('metadata can be demanded, as the policy server does', async () => {
  const policy = await loadOne({ module: guestBytes({}) }, { requireMetadata: true });
  assert.ok(policy.kind === 'unusable');
  assert.is(policy.fault.message, 'Policy is missing protocol version, which is required for KubewardenWapc execution mode');
  assert.is((await loadOne({ module: withMetadata(metadata) }, { requireMetadata: true })).kind, 'ready');
});

loading('a loader that is closed under a batch ends the batch', async () => {
  const closing = new Loader();
  const batch = loadPolicies({ p: { module: guestBytes({}) } }, { loader: closing, settings: runtimeSettings({}), numbers: new SandboxNumbers(), knownPaths: [] }).then(undefined, (thrown: unknown) => thrown);
  await closing[Symbol.asyncDispose]();
  assert.match(String(await batch), /The runtime is closed/);
});

loading.run();
