import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { z } from 'zod';

import { coreObject, intOrString, settings, stringMap } from '../../../../integrations/k8s-controller/src/crds/schema-parts.js';
import { structuralSchema } from '../../../../integrations/k8s-controller/src/crds/structural-schema.js';

const structural = suite('k8s-controller/crds/structural-schema');

const affinity = { type: 'object', properties: { nodeAffinity: { type: 'object' } } };
const coreSchemas = { 'io.k8s.api.core.v1.Affinity': affinity };

const cases: readonly (readonly [title: string, schema: z.ZodType, expected: object])[] = [
  ['the bounds of an integer type become its format', z.int32(), { type: 'integer', format: 'int32' }],
  ['bounds that were chosen stay', z.int32().min(1).max(65535), { type: 'integer', format: 'int32', minimum: 1, maximum: 65535 }],
  ['a large integer has 64 bits', z.int().min(0), { type: 'integer', format: 'int64', minimum: 0 }],
  ['a map of strings says what its values are', stringMap, { type: 'object', additionalProperties: { type: 'string' } }],
  ['an int-or-string has no type of its own', intOrString, { 'x-kubernetes-int-or-string': true, 'anyOf': [{ type: 'integer' }, { type: 'string' }] }],
  ['settings are any object, or null', settings, { 'type': 'object', 'nullable': true, 'x-kubernetes-preserve-unknown-fields': true }],
  ['an embedded type is replaced by the API server\'s schema, the description stays ours', coreObject('Affinity').meta({ description: 'Where.' }), { ...affinity, description: 'Where.' }],
  ['a default survives being optional', z.object({ mode: z.enum(['a', 'b']).default('a') }), { type: 'object', properties: { mode: { default: 'a', type: 'string', enum: ['a', 'b'] } } }],
  ['an object with unknown fields is not closed: the API server prunes', z.object({ a: z.string() }), { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }],
];
for (const [title, schema, expected] of cases) structural(title, () => assert.equal(structuralSchema(schema, coreSchemas), expected));

structural('an embedded type without a schema is an error of ours', () => {
  assert.throws(() => structuralSchema(coreObject('Toleration'), coreSchemas), /There is no schema of the core type io\.k8s\.api\.core\.v1\.Toleration/);
});

structural.run();
