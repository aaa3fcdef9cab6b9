// Does what is there cover what ought to be? Fields that nobody here decides may be added by the API server and by others; lists are
// compared item by item, by their key where Kubernetes merges them by one.
import { canonicalJson } from '../desired/canonical-json.js';
import { compareQuantities, parseQuantity } from '../validation/quantity.js';

/** Lists that Kubernetes merges by key; items of others may stand beside ours. */
const listKeys: Readonly<Record<string, string>> = {
  containers: 'name',
  env: 'name',
  imagePullSecrets: 'name',
  matchConditions: 'name',
  ownerReferences: 'uid',
  ports: 'port',
  volumeMounts: 'mountPath',
  volumes: 'name',
  webhooks: 'name',
};

/** Amounts, and maps whose values are amounts: `1` and `1000m` are the same. */
const amounts = ['divisor', 'limits', 'requests'];

/** Maps that Kubernetes replaces as a whole: one more entry is another meaning. */
const wholes = ['selector'];

/** Switches that the API server leaves out when they are off. */
const switches = ['hostNetwork'];

/** Tells whether every field of `wanted` is in `seen` with the same value. Nothing covers an empty list, object or text: the API server leaves them out. */
export function covers(seen: unknown, wanted: unknown, field = ''): boolean {
  if (wanted === undefined || (seen === undefined && isLeftOut(wanted, field))) return true;
  if (isList(wanted)) return coversList(isList(seen) ? seen : [], wanted, field);
  if (wholes.includes(field)) return isSame(seen, wanted);
  if (isMap(wanted)) return Object.entries(wanted).every(([key, value]) => covers(isMap(seen) ? seen[key] : undefined, value, amounts.includes(field) ? field : key));
  return seen === wanted || (amounts.includes(field) && isSameAmount(seen, wanted));
}

/** Tells whether two values are the same, empty lists and objects being as good as none. */
export function isSame(seen: unknown, wanted: unknown): boolean {
  return canonicalJson(pruned(seen) ?? null) === canonicalJson(pruned(wanted) ?? null);
}

/** A value without empty lists and objects; undefined when nothing is left. */
function pruned(value: unknown): unknown {
  if (isList(value)) return value.length === 0 ? undefined : value.map(pruned);
  if (!isMap(value)) return value;
  const members = Object.entries(value).flatMap(([key, member]) => (pruned(member) === undefined ? [] : [[key, pruned(member)] as const]));
  return members.length === 0 ? undefined : Object.fromEntries(members);
}

function coversList(seen: readonly unknown[], wanted: readonly unknown[], field: string): boolean {
  const key = listKeys[field];
  if (key === undefined) return seen.length === wanted.length && wanted.every((item, index) => covers(seen[index], item));
  return wanted.every((item) => isMap(item) && covers(seen.find((other) => isMap(other) && other[key] === item[key]), item));
}

function isLeftOut(wanted: unknown, field: string): boolean {
  return wanted === '' || (wanted === false && switches.includes(field));
}

function isSameAmount(a: unknown, b: unknown): boolean {
  const [first, second] = [a, b].map((value) => (typeof value === 'string' || typeof value === 'number' ? parseQuantity(value) : undefined));
  return first !== undefined && second !== undefined && compareQuantities(first, second) === 0;
}

type Map = Readonly<Record<string, unknown>>;

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

function isMap(value: unknown): value is Map {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
