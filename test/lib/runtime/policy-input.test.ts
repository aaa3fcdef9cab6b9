// Where a module can be, and what is filled in around it.
import { pathToFileURL } from 'node:url';

import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { runtimeSettings } from '../../../lib/runtime/options.js';
import { parsePolicyInput, type PolicyInput } from '../../../lib/runtime/policy-input.js';
import { faultOf } from '../../support/fault-of.js';

const inputs = suite('runtime/policy-input');

const general = runtimeSettings({}).sandbox;

const places: readonly (readonly [string, string | URL, string])[] = [
  ['a path', 'policies/a.wasm', 'policies/a.wasm'],
  ['an absolute path', '/policies/a b.wasm', '/policies/a b.wasm'],
  ['a file URL', 'file:///policies/a.wasm', '/policies/a.wasm'],
  ['a file URL with an escape', 'file:///policies/a%20b.wasm', '/policies/a b.wasm'],
  ['a URL object', pathToFileURL('/policies/größe.wasm'), '/policies/größe.wasm'],
  ['a file URL that is really a relative path, as the reference takes it', 'file://policies/a.wasm', 'policies/a.wasm'],
  ['a registry reference without scheme, which is a path here', 'ghcr.io/kubewarden/x:v1', 'ghcr.io/kubewarden/x:v1'],
];
for (const [title, module, path] of places) {
  inputs(`${title} is a file`, () => assert.equal(parsePolicyInput({ module }, general).source, { kind: 'file', path }));
}

inputs('bytes are taken as they are', () => {
  const module = Uint8Array.of(0, 1);
  const { source, definition } = parsePolicyInput({ module }, general);
  assert.ok(source.kind === 'bytes' && source.bytes === module);
  assert.is(definition.module, 'bytes');
});

for (const module of ['https://example.com/a.wasm', 'http://example.com/a.wasm', 'registry://ghcr.io/x:v1', 'HTTPS://example.com/a.wasm', new URL('https://example.com/a.wasm')]) {
  inputs(`${String(module)} must be downloaded first`, () => {
    const fault = faultOf(() => parsePolicyInput({ module }, general));
    assert.is(fault.code, 'MODULE_LOCATION_UNSUPPORTED');
    assert.match(fault.message, /^Cannot load the module '.*': the runtime loads files and bytes; download it first \(the scheme is '\w+'\)\.$/);
  });
}

inputs('the rest is a definition with its defaults', () => {
  const { definition } = parsePolicyInput({ module: 'a.wasm', policyMode: 'monitor', settings: { a: 1 } }, general);
  assert.equal(
    [definition.policyMode, definition.settings, definition.allowedToMutate, definition.hostCapabilities],
    ['monitor', { a: 1 }, false, []],
  );
});

inputs('what is wrong is told as for policies.yml', () => {
  const wrong = { module: 7, policyMode: 'x' } as unknown as PolicyInput;
  assert.is(faultOf(() => parsePolicyInput(wrong, general)).message, 'module: expected string, received number; policyMode: Invalid option: expected one of "protect"|"monitor"');
});

for (const [title, wrong, message] of [
  ['nothing', undefined, 'expected a policy with a module, found undefined'],
  ['null', null, 'expected a policy with a module, found null'],
  ['a path alone', 'policies/a.wasm', 'expected a policy with a module, found string'],
  ['rules that are none', { module: 'a.wasm', sandbox: 7 }, 'sandbox: expected object, received number'],
  ['limits that are none', { module: 'a.wasm', sandbox: { limits: 'none' } }, 'sandbox: limits: expected object, received string'],
] as const) {
  inputs(`${title} is refused`, () => {
    const fault = faultOf(() => parsePolicyInput(wrong as unknown as PolicyInput, general));
    assert.is(fault.code, 'POLICIES_INVALID');
    assert.is(fault.message, message);
  });
}

inputs.run();
