import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { z } from 'zod';

import { type Capability, defineCapability } from '../../../lib/capabilities/capability.js';
import { cataloguedPaths } from '../../../lib/capabilities/catalogue.js';
import { createRegister } from '../../../lib/capabilities/register.js';
import { isFault } from '../../../lib/fault.js';

const register = suite('capabilities/register');
const at = (path: string) => defineCapability({ path, request: z.unknown(), handle: () => undefined });

register('knows the catalogue when nothing is offered', () => {
  const names = createRegister([], []);
  assert.equal(names.knownPaths, cataloguedPaths);
  assert.equal(names.find('oci', 'v1/verify'), { kind: 'not-offered' });
});

const builtIn = at('net/v1/dns_lookup_host');
const own = at('net/v1/dns_lookup_host');
const extra = at('acme/greet');

const lookups: readonly (readonly [string, string, string, string])[] = [
  ['a namespace that does not exist', 'nobody', 'v1/verify', 'unknown-namespace'],
  ['a namespace that swallowed a segment', 'oci/v1', 'verify', 'unknown-namespace'],
  ['an empty namespace', '', 'oci/v1/verify', 'unknown-namespace'],
  ['the name of an inherited property', 'constructor', 'x', 'unknown-namespace'],
  ['an operation that does not exist', 'oci', 'v1/sign', 'unknown-operation'],
  ['an operation that climbs out', 'oci', '../net/v1/dns_lookup_host', 'unknown-operation'],
  ['an empty operation', 'oci', '', 'unknown-operation'],
  ['a capability nobody offers', 'oci', 'v2/verify', 'not-offered'],
  ['a capability that is offered', 'acme', 'greet', 'found'],
];
for (const [title, namespace, operation, kind] of lookups) {
  register(`finds ${title} to be ${kind}`, () => assert.is(createRegister([builtIn], [extra]).find(namespace, operation).kind, kind));
}

register('an added capability takes the place of the built-in one', () => {
  const found = createRegister([builtIn], [own]).find('net', 'v1/dns_lookup_host');
  assert.is(found.kind === 'found' && found.capability, own);
});

const refused: readonly (readonly [string, Capability[], Capability[], string])[] = [
  ['one path twice among the added', [], [extra, at('acme/greet')], 'CAPABILITY_DUPLICATE'],
  ['one path twice among the built-in', [builtIn, own], [], 'CAPABILITY_DUPLICATE'],
  ['the namespace that is never gated', [], [at('tracing/log')], 'CAPABILITY_PATH_INVALID'],
  ['a path below a capability', [], [at('kubernetes/can_i/really')], 'CAPABILITY_PATH_INVALID'],
  ['a path above capabilities', [], [at('oci/v1')], 'CAPABILITY_PATH_INVALID'],
];
for (const [title, inside, added, code] of refused) {
  register(`refuses ${title}`, () => assert.throws(() => createRegister(inside, added), (thrown: unknown) => isFault(thrown, code)));
}

register.run();
