// From a zod schema to the structural OpenAPI schema of a custom resource definition. What zod cannot say (list types, int-or-string,
// embedded Kubernetes types) it says in metadata, see schema-parts.ts.
import { z } from 'zod';

import { coreTypes, type CoreType } from './schema-parts.js';

/** A structural schema; its keywords are OpenAPI's and Kubernetes' own. */
export type StructuralSchema = Readonly<Record<string, unknown>>;

/** The schemas of Kubernetes' own types, by their names in the API server's OpenAPI document. */
export type CoreSchemas = Readonly<Record<string, StructuralSchema>>;

interface Node {
  readonly [keyword: string]: unknown;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly additionalProperties?: Node | boolean;
}

const keptKeywords = ['type', 'description', 'default', 'enum', 'pattern', 'minLength', 'maxLength', 'required', 'format'];
const int32 = { minimum: -(2 ** 31), maximum: 2 ** 31 - 1 };

/**
 * The structural schema of a zod schema, defaults included.
 *
 * @param coreSchemas must hold every type that the schema embeds
 */
export function structuralSchema(schema: z.ZodType, coreSchemas: CoreSchemas): StructuralSchema {
  const whole = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return converted(whole as Node, coreSchemas);
}

function converted(node: Node, coreSchemas: CoreSchemas): StructuralSchema {
  const described = node['description'] === undefined ? {} : { description: node['description'] };
  if (isCoreType(node['coreType'])) return { ...coreSchema(node['coreType'], coreSchemas), ...described };
  if (node['anyObject'] === true) return { ...described, 'type': 'object', 'nullable': true, 'x-kubernetes-preserve-unknown-fields': true };
  if (node['x-kubernetes-int-or-string'] === true) {
    const pattern = node['pattern'] === undefined ? {} : { pattern: node['pattern'] };
    return { ...described, ...pattern, 'x-kubernetes-int-or-string': true, 'anyOf': [{ type: 'integer' }, { type: 'string' }] };
  }
  const kept = Object.entries(node).filter(([keyword]) => keptKeywords.includes(keyword) || keyword.startsWith('x-kubernetes-'));
  return { ...Object.fromEntries(kept), ...bounds(node), ...children(node, coreSchemas) };
}

function children({ properties, items, additionalProperties }: Node, coreSchemas: CoreSchemas): StructuralSchema {
  return {
    ...(properties === undefined ? {} : { properties: Object.fromEntries(Object.entries(properties).map(([name, child]) => [name, converted(child, coreSchemas)])) }),
    ...(items === undefined ? {} : { items: converted(items, coreSchemas) }),
    ...(typeof additionalProperties === 'object' ? { additionalProperties: converted(additionalProperties, coreSchemas) } : {}),
  };
}

/** Bounds that the schema's author set; the bounds of the integer type itself become its format. */
function bounds(node: Node): StructuralSchema {
  if (node['type'] !== 'integer') return {};
  const { minimum, maximum } = node;
  const small = typeof minimum === 'number' && typeof maximum === 'number' && minimum >= int32.minimum && maximum <= int32.maximum;
  const type = small ? int32 : { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER };
  return { format: small ? 'int32' : 'int64', ...(minimum === type.minimum ? {} : { minimum }), ...(maximum === type.maximum ? {} : { maximum }) };
}

function isCoreType(value: unknown): value is CoreType {
  return typeof value === 'string' && Object.hasOwn(coreTypes, value);
}

function coreSchema(type: CoreType, coreSchemas: CoreSchemas): StructuralSchema {
  const schema = coreSchemas[coreTypes[type]];
  if (schema === undefined) throw new Error(`There is no schema of the core type ${coreTypes[type]}; scripts/write-core-schemas.mjs fetches them.`);
  return schema;
}
