// What a watch queues: objects to look at, and reports to remove. Only where they are travels; what they are is looked up.

/** One piece of work. */
export type Work =
  | { readonly kind: 'audit'; readonly family: string; readonly namespace: string | undefined; readonly name: string }
  | { readonly kind: 'remove'; readonly namespace: string | undefined; readonly uid: string };

/** Writes a piece of work as a key; equal work has equal keys. */
export function formatKey(work: Work): string {
  return JSON.stringify(work.kind === 'audit' ? [work.family, work.namespace ?? null, work.name] : [work.namespace ?? null, work.uid]);
}

/** Reads a key that `formatKey` wrote. */
export function parseKey(key: string): Work {
  const parts = JSON.parse(key) as readonly (string | null)[];
  const [first = null, second = null, name] = parts;
  if (typeof name === 'string') return { kind: 'audit', family: first ?? '', namespace: second ?? undefined, name };
  return { kind: 'remove', namespace: first ?? undefined, uid: second ?? '' };
}
