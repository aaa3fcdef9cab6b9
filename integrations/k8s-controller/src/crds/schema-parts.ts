// Pieces that the schemas of the custom resources are made of: values that Kubernetes treats specially, each saying in its
// metadata what the custom resource definition has to say. structural-schema.ts reads that metadata.
import { z } from 'zod';

/** A JSON object whose members are nobody's business here. */
export type JsonObject = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/** An object of one of Kubernetes' own types, carried as it is; the definition gets the API server's schema of that type. */
export function coreObject(type: CoreType): z.ZodType<JsonObject> {
  return z.custom<JsonObject>(isObject, 'expected an object').meta({ coreType: type });
}

/** Kubernetes' own types that our resources embed, by the names of the API server's OpenAPI document. */
export const coreTypes = {
  Affinity: 'io.k8s.api.core.v1.Affinity',
  EnvVar: 'io.k8s.api.core.v1.EnvVar',
  LabelSelector: 'io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector',
  PodSecurityContext: 'io.k8s.api.core.v1.PodSecurityContext',
  SecurityContext: 'io.k8s.api.core.v1.SecurityContext',
  Toleration: 'io.k8s.api.core.v1.Toleration',
} as const;

/** Short name of an embedded type. */
export type CoreType = keyof typeof coreTypes;

/** An environment variable, checked for its name only. */
export const envVar = z
  .custom<JsonObject & { readonly name: string }>((value) => isObject(value) && typeof value['name'] === 'string', 'expected an object with a name')
  .meta({ coreType: 'EnvVar' });

/** A label selector; its two members are read where selectors are put together. */
export const labelSelector = z
  .object({
    matchLabels: z.record(z.string(), z.string()).optional(),
    matchExpressions: z.array(z.object({ key: z.string(), operator: z.string(), values: z.array(z.string()).optional() })).optional(),
  })
  .meta({ coreType: 'LabelSelector' });

/** Which objects are meant, by their labels. */
export type LabelSelector = z.infer<typeof labelSelector>;

/** Strings by name. */
export const stringMap = z.record(z.string(), z.string());

/** A number or a percentage. */
export const intOrString = z.union([z.int(), z.string()]).meta({ 'x-kubernetes-int-or-string': true });

/** Kubernetes' own pattern of a quantity such as `500m` or `1Gi`. */
const quantityPattern = '^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$';

/** Quantities by resource name. */
export const resourceList = z.record(z.string(), z.union([z.number(), z.string()]).meta({ 'x-kubernetes-int-or-string': true, 'pattern': quantityPattern }));

/** Settings of a policy: any object, also none. */
export const settings = z
  .custom<JsonObject>(isObject, 'expected an object')
  .nullable()
  .superRefine((value, context) => {
    if (isDeeper(value, maxSettingsDepth)) context.addIssue({ code: 'custom', message: `nested more than ${maxSettingsDepth} levels deep` });
    else for (const path of roundedIntegers(value)) context.addIssue({ code: 'custom', path: [...path], message: roundedMessage });
  })
  .meta({ anyObject: true });

/** The policy-server reads 127 levels, of which the file of all policies takes two: one policy more would keep it from reading any. */
const maxSettingsDepth = 125;

/** Looks no deeper than it is told, so that no nesting can exhaust the stack. */
function isDeeper(value: unknown, levels: number): boolean {
  return typeof value === 'object' && value !== null && (levels === 0 || Object.values(value).some((member) => isDeeper(member, levels - 1)));
}

const roundedMessage = `integers beyond ${Number.MAX_SAFE_INTEGER} cannot be handed on with all their digits; give it as text`;

/** The API server keeps integers of 64 bits; beyond, it rounds as JavaScript does. */
const largestInteger = 2 ** 63;

/** Where a value holds integers that may have lost digits when they were read: a policy would be asked with others than were written. */
function* roundedIntegers(value: unknown, path: readonly (string | number)[] = []): Generator<readonly (string | number)[]> {
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) <= largestInteger) yield path;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) yield* roundedIntegers(member, [...path, Array.isArray(value) ? Number(key) : key]);
}

/** A port number. */
export const port = z.int32().min(1).max(65535);

/** A list that is replaced as a whole when it is applied. */
export function atomicList<Item extends z.ZodType>(item: Item): z.ZodArray<Item> {
  return z.array(item).meta({ 'x-kubernetes-list-type': 'atomic' });
}
