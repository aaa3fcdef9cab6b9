// Objects of one collection as last seen, found by key or by index. Filled by reflector.ts. PURE.
import { keyOf, type ObjectKey, type ObjectMetadata } from './api-object.js';

/** The least that a stored object keeps when it is trimmed. */
export interface Storable {
  readonly metadata: ObjectMetadata;
}

/** What happened to an object. */
export type Change<Item> =
  | { readonly kind: 'added'; readonly object: Item }
  | { readonly kind: 'modified'; readonly object: Item; readonly previous: Item }
  /** `previous` is the last state that was seen, which after a gap in the watch may not be the last there was. */
  | { readonly kind: 'deleted'; readonly previous: Item };

/** The values under which an index finds an object. */
export type IndexFunction<Item> = (object: Item) => readonly string[];

/** Indexes by name. */
export type Indexes<Item, Name extends string> = Readonly<Record<Name, IndexFunction<Item>>>;

/** Finds objects by namespace. */
export const byNamespace = ({ metadata }: Storable): readonly string[] => (metadata.namespace === undefined ? [] : [metadata.namespace]);

/** Finds objects by the uid of an owner. */
export const byOwner = ({ metadata }: Storable): readonly string[] => (metadata.ownerReferences ?? []).map(({ uid }) => uid);

/** Finds objects by the value of a label. */
export function byLabel(key: string): IndexFunction<Storable> {
  return ({ metadata: { labels = {} } }) => (Object.hasOwn(labels, key) ? [labels[key] ?? ''] : []);
}

/** What readers of a store may do. Objects are not to be changed. */
export interface StoreReader<Item, Name extends string = never> {
  readonly size: number;
  get(key: ObjectKey): Item | undefined;
  /** All objects, in no particular order. */
  values(): IterableIterator<Item>;
  /** The objects that an index finds under a value, in no particular order. */
  found(index: Name, value: string): readonly Item[];
}

/** Holds the objects; every change says what it changed. */
export class ObjectStore<Item extends Storable, Name extends string = never> implements StoreReader<Item, Name> {
  readonly #objects = new Map<ObjectKey, Item>();
  readonly #indexes: readonly Index<Item>[];
  readonly #indexOf: ReadonlyMap<string, Index<Item>>;

  constructor(indexes: Indexes<Item, Name>) {
    const named = Object.entries<IndexFunction<Item>>(indexes).map(([name, valuesOf]): [string, Index<Item>] => [name, { valuesOf, found: new Map() }]);
    this.#indexOf = new Map(named);
    this.#indexes = [...this.#indexOf.values()];
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: ObjectKey): Item | undefined {
    return this.#objects.get(key);
  }

  values(): IterableIterator<Item> {
    return this.#objects.values();
  }

  found(index: Name, value: string): readonly Item[] {
    return [...(this.#indexOf.get(index)?.found.get(value)?.values() ?? [])];
  }

  /** Puts one object in. */
  set(object: Item): readonly Change<Item>[] {
    const key = keyOf(object);
    const previous = this.#objects.get(key);
    if (previous !== undefined && isSame(previous, object)) return [];
    this.#put(key, previous, object);
    if (previous === undefined) return [{ kind: 'added', object }];
    // Another object under the same name: the deletion of the first was missed.
    if (previous.metadata.uid !== object.metadata.uid) return [{ kind: 'deleted', previous }, { kind: 'added', object }];
    return [{ kind: 'modified', object, previous }];
  }

  /** Takes one object out. @param last its state at the end */
  delete(last: Item): readonly Change<Item>[] {
    const key = keyOf(last);
    const previous = this.#objects.get(key);
    if (previous === undefined) return [];
    this.#put(key, previous, undefined);
    return [{ kind: 'deleted', previous: last }];
  }

  /** Makes these the only objects. All changes have been made when the first is told. */
  replace(objects: readonly Item[]): readonly Change<Item>[] {
    const kept = new Set(objects.map(keyOf));
    const gone = [...this.#objects].filter(([key]) => !kept.has(key));
    const changes: Change<Item>[] = gone.map(([, previous]) => ({ kind: 'deleted', previous }));
    for (const [key, previous] of gone) this.#put(key, previous, undefined);
    for (const object of objects) changes.push(...this.set(object));
    return changes;
  }

  #put(key: ObjectKey, previous: Item | undefined, object: Item | undefined): void {
    if (object === undefined) this.#objects.delete(key);
    else this.#objects.set(key, object);
    for (const index of this.#indexes) {
      if (previous !== undefined) unlink(index, key, previous);
      if (object !== undefined) link(index, key, object);
    }
  }
}

interface Index<Item> {
  readonly valuesOf: IndexFunction<Item>;
  readonly found: Map<string, Map<ObjectKey, Item>>;
}

function link<Item>({ valuesOf, found }: Index<Item>, key: ObjectKey, object: Item): void {
  for (const value of valuesOf(object)) {
    const objects = found.get(value) ?? new Map<ObjectKey, Item>();
    objects.set(key, object);
    found.set(value, objects);
  }
}

function unlink<Item>({ valuesOf, found }: Index<Item>, key: ObjectKey, object: Item): void {
  for (const value of valuesOf(object)) {
    const objects = found.get(value);
    objects?.delete(key);
    if (objects?.size === 0) found.delete(value);
  }
}

/** The same object in the same version; without a version nothing is known. */
function isSame(a: Storable, b: Storable): boolean {
  return a.metadata.resourceVersion !== undefined && a.metadata.resourceVersion === b.metadata.resourceVersion && a.metadata.uid === b.metadata.uid;
}
