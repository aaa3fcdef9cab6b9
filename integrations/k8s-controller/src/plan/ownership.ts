// Did we once set what we no longer want? The API server writes down who applied which field, and takes away what its only manager leaves
// out the next time. Without a look at that, what is no longer wanted would pass for a stranger's addition and stay.
import { z } from 'zod';

import { fieldManager } from '../desired/field-manager.js';
import type { SeenObject } from '../world/kubernetes-object.js';

/** Fields as https://kubernetes.io/docs/reference/using-api/server-side-apply/ has them: `f:` a field, `k:` an item by its keys, `v:` a value. */
type Fields = { readonly [name: string]: Fields };
const fieldsSchema: z.ZodType<Fields> = z.lazy(() => z.record(z.string(), fieldsSchema));
const managerSchema = z.object({ manager: z.string(), operation: z.string(), subresource: z.string().optional(), fieldsV1: fieldsSchema.catch({}) });
type Manager = z.infer<typeof managerSchema>;
const managersSchema = z.array(managerSchema).catch([]);
const keysSchema = z.record(z.string(), z.unknown()).catch({});

/** Tells whether an object has a field that we applied and that is not in `wanted`. Where nothing is known of managers, it has none. */
export function ownsMore({ metadata }: SeenObject, wanted: object): boolean {
  return managersSchema
    .parse(metadata['managedFields'])
    .some((manager) => isOurs(manager) && !holds(wanted, manager.fieldsV1));
}

/** The reference writes by this name, and not by applying. */
const referenceManager = 'controller';

/**
 * The place among an object's managers at which the reference stands, undefined where it does not.
 *
 * What it set would belong to nobody who takes it back: a user who drops a field from a PolicyServer would go on having it.
 */
export function referencePlace({ metadata }: SeenObject): number | undefined {
  const managers = managersSchema.parse(metadata['managedFields']);
  if (managers.some(isOurs)) return undefined;
  const place = managers.findIndex(({ manager, operation, subresource }) => manager === referenceManager && operation === 'Update' && subresource === undefined);
  return place < 0 ? undefined : place;
}

function isOurs({ manager, operation, subresource }: Manager): boolean {
  return manager === fieldManager && operation === 'Apply' && subresource === undefined;
}

/** Tells whether a value has all the fields. */
function holds(value: unknown, fields: Fields): boolean {
  return Object.entries(fields).every(([name, inner]) => {
    // The value itself, whatever it holds.
    if (name === '.') return true;
    const member = memberOf(value, name.slice(0, 2), name.slice(2));
    return member !== undefined && holds(member, inner);
  });
}

function memberOf(value: unknown, kind: string, name: string): unknown {
  if (kind === 'f:') return isMap(value) ? value[name] : undefined;
  if (!Array.isArray(value)) return undefined;
  const items: readonly unknown[] = value;
  if (kind === 'v:') return items.find((item) => JSON.stringify(item) === name);
  const keys = Object.entries(keysSchema.parse(JSON.parse(name)));
  // A key that is left out is filled in by the API server.
  return items.find((item) => isMap(item) && keys.every(([key, wanted]) => item[key] === undefined || item[key] === wanted));
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
