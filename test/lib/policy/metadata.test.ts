// The metadata section (contract 3.1): every key, its default, and what makes it unreadable.
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { decodeMetadata, encodeMetadata, parseMetadata } from '../../../lib/policy/metadata.js';
import { faultOf } from '../../support/fault-of.js';
import { fixtureBytes } from '../../support/fixtures.js';

const metadata = suite('policy/metadata');

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const least = { rules: [], mutating: false };

metadata('rules and mutating are all that must be there', () => {
  assert.equal(parseMetadata(least), {
    protocolVersion: null,
    rules: [],
    mutating: false,
    backgroundAudit: true,
    executionMode: 'kubewarden-wapc',
    policyType: 'kubernetes',
    contextAwareResources: [],
  });
});

const full = {
  protocolVersion: 'v1',
  rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT', '*'] }],
  annotations: { 'io.kubewarden.policy.title': 'größe' },
  mutating: true,
  backgroundAudit: false,
  executionMode: 'wasi',
  policyType: 'raw',
  contextAwareResources: [{ apiVersion: 'v1', kind: 'Namespace' }],
  hostCapabilities: ['oci/v1/verify'],
  minimumKubewardenVersion: '1.30.0-rc.1+build.5',
};

metadata('every key is read, and written as it was', () => {
  assert.equal(parseMetadata(full), full);
  assert.is(new TextDecoder().decode(encodeMetadata(parseMetadata(full))), JSON.stringify(full));
});

metadata('absent optional keys are left out when written, the rest is always there', () => {
  assert.is(
    new TextDecoder().decode(encodeMetadata(parseMetadata(least))),
    '{"protocolVersion":null,"rules":[],"mutating":false,"backgroundAudit":true,"executionMode":"kubewarden-wapc","policyType":"kubernetes","contextAwareResources":[]}',
  );
});

metadata('what is written is read again', () => {
  for (const document of [least, full]) assert.equal(decodeMetadata(encodeMetadata(parseMetadata(document))), parseMetadata(document));
});

metadata('unknown keys are passed over; there are legacy ones', () => {
  assert.is(parseMetadata({ ...least, contextAware: true }).mutating, false);
});

metadata('null stands for absent where the reference takes it so', () => {
  const nulls = { ...least, protocolVersion: null, annotations: null, hostCapabilities: null, minimumKubewardenVersion: null };
  assert.is(JSON.stringify(parseMetadata(nulls)), JSON.stringify(parseMetadata(least)));
});

for (const executionMode of ['kubewarden-wapc', 'opa', 'gatekeeper', 'wasi']) {
  metadata(`the execution mode ${executionMode} is known`, () => assert.is(parseMetadata({ ...least, executionMode }).executionMode, executionMode));
}
for (const protocolVersion of ['v1', 'Unknown']) {
  metadata(`the protocol version ${protocolVersion} is known`, () => assert.is(parseMetadata({ ...least, protocolVersion }).protocolVersion, protocolVersion));
}
for (const version of ['0.0.0', '1.36.0', '10.20.30-alpha-1.2+meta']) {
  metadata(`${version} is a version`, () => assert.is(parseMetadata({ ...least, minimumKubewardenVersion: version }).minimumKubewardenVersion, version));
}

const rule = full.rules[0] ?? {};
const invalid: readonly (readonly [string, unknown, string])[] = [
  ['no rules', { mutating: false }, 'missing field `rules`'],
  ['no mutating', { rules: [] }, 'missing field `mutating`'],
  ['a text as mutating', { ...least, mutating: 'no' }, 'mutating: expected boolean, received string'],
  ['an unknown protocol version', { ...least, protocolVersion: 'v2' }, 'protocolVersion: Invalid option: expected one of "v1"|"Unknown"'],
  ['an unknown execution mode', { ...least, executionMode: 'kubewarden' }, 'executionMode: Invalid option: expected one of "kubewarden-wapc"|"opa"|"gatekeeper"|"wasi"'],
  ['an execution mode that is null', { ...least, executionMode: null }, 'executionMode: Invalid option: expected one of "kubewarden-wapc"|"opa"|"gatekeeper"|"wasi"'],
  ['an unknown policy type', { ...least, policyType: 'any' }, 'policyType: Invalid option: expected one of "kubernetes"|"raw"'],
  ['an annotation that is no text', { ...least, annotations: { a: { b: 'c' } } }, 'annotations.a: expected string, received object'],
  ['an annotation that is no text, whatever its name', { ...least, annotations: JSON.parse('{"__proto__":7}') as unknown }, 'annotations.__proto__: expected string, received number'],
  ['annotations in a list', { ...least, annotations: [1] }, 'annotations: expected record, received array'],
  ['a rule without operations', { ...least, rules: [{ ...rule, operations: undefined }] }, 'rules.0: missing field `operations`'],
  ['an unknown operation', { ...least, rules: [{ ...rule, operations: ['PATCH'] }] }, 'rules.0.operations.0: Invalid option: expected one of "CREATE"|"UPDATE"|"DELETE"|"CONNECT"|"*"'],
  ['a resource that is no text', { ...least, rules: [{ ...rule, resources: [1] }] }, 'rules.0.resources.0: expected string, received number'],
  ['a context-aware resource without kind', { ...least, contextAwareResources: [{ apiVersion: 'v1' }] }, 'contextAwareResources.0: missing field `kind`'],
  ['half a version', { ...least, minimumKubewardenVersion: '1.30' }, 'minimumKubewardenVersion: expected a semantic version such as 1.30.0'],
  ['a version with a leading zero', { ...least, minimumKubewardenVersion: '1.030.0' }, 'minimumKubewardenVersion: expected a semantic version such as 1.30.0'],
  ['a list', [], 'expected object, received array'],
];
for (const [title, document, message] of invalid) {
  metadata(`${title} is refused`, () => {
    const fault = faultOf(() => parseMetadata(document));
    assert.is(fault.code, 'METADATA_INVALID');
    assert.is(fault.message, message);
    const encoded = faultOf(() => decodeMetadata(bytes(JSON.stringify(document))));
    assert.is(encoded.message, `cannot deserialize custom section \`io.kubewarden.metadata\` of wasm module: ${message}`);
  });
}

const unreadable: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ['no bytes', new Uint8Array(0), /cannot read JSON/],
  ['what is no JSON', bytes('protocolVersion: v1'), /cannot read JSON/],
  ['what is not UTF-8', Uint8Array.of(0x7b, 0xff, 0x7d), /not well-formed UTF-8/],
  ['bytes after the document', bytes(`${JSON.stringify(least)}{}`), /expected the end of the document/],
  ['a hundred thousand levels', bytes(`{"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`), /too many nested/],
  ['more bytes than any policy has', bytes(`{"rules":[],"mutating":false,"x":[${'[],'.repeat(400_000)}0]}`), /it has \d+ bytes, the limit is 1048576$/],
  ['a key given twice, which readers may disagree on', bytes('{"rules":[],"mutating":false,"executionMode":"opa","executionMode":"kubewarden-wapc"}'), /the key "executionMode" appears twice/],
];
for (const [title, payload, message] of unreadable) {
  metadata(`a section with ${title} is refused`, () => {
    const fault = faultOf(() => decodeMetadata(payload));
    assert.is(fault.code, 'METADATA_INVALID');
    assert.match(fault.message, /^cannot deserialize custom section `io\.kubewarden\.metadata` of wasm module: /);
    assert.match(fault.message, message);
  });
}

metadata('an annotation with a name that objects inherit is kept', () => {
  const document = '{"protocolVersion":"v1","rules":[],"annotations":{"__proto__":"p"},"mutating":false}';
  assert.match(new TextDecoder().decode(encodeMetadata(decodeMetadata(bytes(document)))), '"annotations":{"__proto__":"p"}');
});

metadata('the section of a real policy is read', () => {
  const [section] = WebAssembly.Module.customSections(new WebAssembly.Module(fixtureBytes('pod-privileged')), 'io.kubewarden.metadata');
  assert.ok(section);
  const { protocolVersion, executionMode, annotations } = decodeMetadata(new Uint8Array(section));
  assert.equal([protocolVersion, executionMode, annotations?.['io.kubewarden.policy.title']], ['v1', 'kubewarden-wapc', 'pod-privileged']);
});

metadata.run();
