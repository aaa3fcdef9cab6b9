// Stays and looks at what changes: an object, a policy or what is served of it, a namespace. A scan has looked at everything
// before; its memory says what need not be looked at again.
import { isFault } from 'wasmwarden';
import { type AuditPlan, type Family, familyOf, planOf, policyResources, policyServerResource } from 'wasmwarden/audit';
import { apiVersionOf, type ApiResource, type Change, type DiscoveredResource, type ReflectorEvent, runWorkers, type Storable, type Worked, WorkQueue } from 'wasmwarden/kubernetes';

import { type ReadKnowledge, readKnowledge } from '../cluster/knowledge.js';
import { isAborted } from '../cluster/patience.js';
import type { AuditConfig } from '../config.js';
import { type Audited, auditObject } from '../scan/object-audit.js';
import { namespaceNamed, scannedNamespaces } from '../scan/run.js';
import { publish } from '../scan/scope-scan.js';
import type { Surroundings } from '../scan/surroundings.js';
import { type Followed, follow } from './followed.js';
import { formatKey, parseKey, type Work } from './key.js';
import type { Memory } from './memory.js';

/** Changes of policies and namespaces come in bursts, which one look serves; in milliseconds. */
const settleMs = 300;

/** After this the cluster is looked at anew even when nothing was told, in milliseconds. */
const relookMs = 60_000;

/** Kinds come and go, and nobody tells: they are asked for this often, in milliseconds. */
const kindsMs = 5_000;

/** Objects about which a policy could not be asked are looked at again, in milliseconds. */
const backOff = { firstMs: 5_000, maxMs: 300_000 };

const services: ApiResource = { group: '', version: 'v1', plural: 'services', kind: 'Service', namespaced: true };
const namespaces: ApiResource = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false };

/** Plans by namespace; that of cluster scope under ''. */
type Plans = ReadonlyMap<string, { readonly plan: AuditPlan; readonly families: ReadonlyMap<string, Family> }>;

/** Follows a cluster. */
export class Watcher {
  readonly #surroundings: Surroundings;
  readonly #config: AuditConfig;
  readonly #memory: Memory;
  readonly #queue = new WorkQueue<string>({ backOff });
  /** What plans are made of. */
  readonly #sources = new Map<string, Followed>();
  /** The objects that policies are about, by family. */
  readonly #families = new Map<string, Followed>();
  readonly #failing = new Set<string>();
  #plans: Plans = new Map();
  #changed: () => void = () => undefined;
  #revisions: string | undefined;
  /** What was served at the last look. */
  #served: string | undefined;
  #broken: Error | undefined;

  constructor(surroundings: Surroundings, config: AuditConfig, memory: Memory) {
    this.#surroundings = surroundings;
    this.#config = config;
    this.#memory = memory;
  }

  /** Runs until the signal of the surroundings fires. */
  async run(): Promise<void> {
    const { signal } = this.#surroundings.patience;
    const workers = runWorkers(this.#queue, this.#surroundings.parallel.resources, (key) => this.#work(key));
    try {
      while (!signal.aborted && this.#broken === undefined) {
        // What changes from here on is seen by the next look.
        const next = this.#nextChange();
        await this.#look();
        await next;
      }
    } finally {
      const followed = [...this.#sources.values(), ...this.#families.values()];
      for (const { stop } of followed) stop();
      await this.#queue.shutDown();
      await Promise.allSettled(followed.map(({ ended }) => ended));
      await workers;
    }
    if (this.#broken !== undefined) throw this.#broken;
  }

  /** Settles a moment after something changes that plans are made of, or after a while. */
  async #nextChange(): Promise<void> {
    const { clock, signal } = this.#surroundings.patience;
    const changed = new AbortController();
    this.#changed = () => changed.abort();
    const stopped = (): void => changed.abort();
    signal.addEventListener('abort', stopped, { once: true });
    const endMs = clock.steadyMs() + relookMs;
    while (!changed.signal.aborted && clock.steadyMs() < endMs) {
      await clock.sleep(kindsMs, changed.signal);
      if (!isAborted(changed.signal) && (await this.#hasOtherKinds())) changed.abort();
    }
    signal.removeEventListener('abort', stopped);
    await clock.sleep(settleMs, signal);
  }

  /** Tells whether something else is served than at the last look. */
  async #hasOtherKinds(): Promise<boolean> {
    const { client, patience } = this.#surroundings;
    try {
      const { resources } = await client.resources.all({ signal: patience.signal });
      return this.#served !== undefined && this.#served !== shownKinds(resources);
    } catch (error) {
      if (!isFault(error)) throw error;
      // The next look tells what is wrong.
      return false;
    }
  }

  /** Makes the plans anew, follows what they are about, and queues what is to be looked at. */
  async #look(): Promise<void> {
    const { client, patience, log } = this.#surroundings;
    const { kubewardenNamespace, policyServerUrl } = this.#config;
    try {
      const knowledge = await readKnowledge({ client, kubewardenNamespace, policyServerUrl, patience });
      this.#served = shownKinds(knowledge.served);
      this.#followSources(knowledge);
      this.#renewConnections(knowledge);
      this.#plans = await this.#plansFor(knowledge);
      this.#followFamilies(knowledge);
    } catch (error) {
      if (!isFault(error)) throw error;
      if (!patience.signal.aborted) log.warn({ error: error.message }, 'cannot look at policies; going on with what is known');
      // Whatever is served when the API server answers again calls for another look.
      if (error.retryable) this.#served = '';
      return;
    }
    for (const [key, { store }] of this.#families) for (const object of store.values()) this.#queueIfNew(key, object);
  }

  /** What is served has changed: a policy-server was rolled out anew. */
  #renewConnections({ policies }: ReadKnowledge): void {
    const revisions = JSON.stringify(policies.map((read) => (read.kind === 'policy' ? read.policy.revision : read.policyId)));
    if (this.#revisions !== revisions) this.#surroundings.evaluator.renew();
    this.#revisions = revisions;
  }

  async #plansFor(knowledge: ReadKnowledge): Promise<Plans> {
    const { extent } = this.#config;
    const plans = new Map<string, { plan: AuditPlan; families: ReadonlyMap<string, Family> }>();
    const add = (home: string, plan: AuditPlan): void => {
      this.#surroundings.tally.planned(plan);
      plans.set(home, { plan, families: new Map(plan.families.map((family) => [family.key, family])) });
    };
    if (extent.kind !== 'namespace') add('', planOf({ kind: 'cluster' }, knowledge));
    if (extent.kind === 'namespace') add(extent.name, planOf(await namespaceNamed(this.#surroundings, extent.name), knowledge));
    if (extent.kind === 'all') for await (const scope of scannedNamespaces(this.#surroundings, this.#config)) add(scope.name, planOf(scope, knowledge));
    return plans;
  }

  #followSources({ served }: ReadKnowledge): void {
    const wanted: readonly (readonly [ApiResource, string | undefined])[] = [...[...Object.values(policyResources), policyServerResource, namespaces].map((resource) => [resource, undefined] as const), [services, this.#config.kubewardenNamespace]];
    for (const [resource, namespace] of wanted) {
      const isServed = served.some(({ group, plural }) => group === resource.group && plural === resource.plural);
      if (!isServed || this.#sources.has(resource.kind)) continue;
      this.#sources.set(resource.kind, this.#follow(resource, namespace, () => this.#changed()));
    }
  }

  #followFamilies({ served }: ReadKnowledge): void {
    const { extent } = this.#config;
    const wanted = new Map([...this.#plans.values()].flatMap(({ families }) => [...families].map(([key, { resource }]) => [key, resource] as const)));
    for (const [key, { resource, stop, store }] of this.#families) {
      const wish = wanted.get(key);
      if (wish !== undefined && apiVersionOf(wish) === apiVersionOf(resource)) continue;
      stop();
      this.#families.delete(key);
      if (wish !== undefined) continue;
      const isServed = served.some((one) => familyOf(one) === key);
      for (const object of store.values()) this.#letGo(object, isServed);
    }
    for (const [key, resource] of wanted) {
      if (this.#families.has(key)) continue;
      this.#families.set(key, this.#follow(resource, extent.kind === 'namespace' ? extent.name : undefined, (change) => this.#objectChanged(key, change)));
    }
  }

  /** What is no longer served may be back in a moment: its reports stay, and go with their objects if these go. */
  #letGo(object: Storable, isServed: boolean): void {
    if (isServed) this.#queueRemoval(object);
    else if (object.metadata.uid !== undefined) this.#memory.forget(object.metadata.uid);
  }

  #follow(resource: ApiResource, namespace: string | undefined, onChange: (change: Change<Storable>) => void): Followed {
    const followed = follow({ client: this.#surroundings.client, resource, namespace, onChange, onEvent: (event) => this.#tell(resource, event) });
    followed.ended.catch((error: unknown) => {
      this.#broken ??= error instanceof Error ? error : new Error(String(error));
      this.#changed();
    });
    return followed;
  }

  #tell({ plural, group }: ApiResource, event: ReflectorEvent): void {
    const resource = group === '' ? plural : `${plural}.${group}`;
    if (event.kind === 'listed') this.#failing.delete(resource);
    // Once is enough: it is tried again for ever.
    if (event.kind === 'failed' && event.during === 'list' && !this.#failing.has(resource)) {
      this.#failing.add(resource);
      this.#surroundings.log.warn({ resource, error: event.fault.message }, 'Failed to list resources');
    }
  }

  #objectChanged(family: string, change: Change<Storable>): void {
    if (change.kind === 'deleted') this.#queueRemoval(change.previous);
    else this.#queueIfNew(family, change.object);
  }

  #queueIfNew(key: string, object: Storable): void {
    const { name, namespace } = object.metadata;
    const planned = this.#plans.get(namespace ?? '');
    if (planned === undefined) return;
    const family = planned.families.get(key);
    if (family === undefined) this.#queueRemoval(object);
    else if (!this.#memory.has(object, { family, plan: planned.plan })) this.#queue.add(formatKey({ kind: 'audit', family: key, namespace, name }));
  }

  /** Removes the report on what is not judged, if it was looked at at all. */
  #queueRemoval({ metadata: { uid, namespace } }: Storable): void {
    if (uid === undefined || !this.#memory.forget(uid)) return;
    this.#queue.add(formatKey({ kind: 'remove', namespace, uid }));
  }

  async #work(key: string): Promise<Worked> {
    try {
      const work = parseKey(key);
      if (work.kind === 'audit') return await this.#audit(work);
      await this.#surroundings.store?.remove(work);
      return { kind: 'done' };
    } catch (error) {
      if (!isFault(error)) throw error;
      if (isFault(error, 'KUBERNETES_NOT_FOUND') || this.#surroundings.patience.signal.aborted) return { kind: 'done' };
      this.#surroundings.log.warn({ work: key, error: error.message }, 'cannot look at an object; trying again');
      return { kind: 'failed' };
    }
  }

  async #audit({ family: key, namespace, name }: Extract<Work, { kind: 'audit' }>): Promise<Worked> {
    const { client, patience } = this.#surroundings;
    const planned = this.#plans.get(namespace ?? '');
    const family = planned?.families.get(key);
    if (planned === undefined || family === undefined) return { kind: 'done' };
    const judgement = { family, plan: planned.plan };
    const item = await client.getExact({ resource: family.resource, namespace, name }, { signal: patience.signal });
    const audited = await auditObject(this.#surroundings, judgement, item);
    if (audited.kind === 'gone' || patience.signal.aborted) return { kind: 'done' };
    const settled = await this.#settle(audited, item.object.metadata);
    this.#memory.add(item.object, judgement, settled);
    return { kind: settled ? 'done' : 'failed' };
  }

  /** Makes the store say what was found; false when it is to be looked at again, for what could not be asked may be asked later. */
  async #settle(audited: Exclude<Audited, { readonly kind: 'gone' }>, { uid = '', namespace }: Storable['metadata']): Promise<boolean> {
    if (audited.kind === 'reported') return (await publish(this.#surroundings, audited.report)) && !audited.couldNotAsk;
    await this.#surroundings.store?.remove({ uid, namespace });
    return true;
  }
}

/** What is served, as a text that is another one when policies may come to something else. */
function shownKinds(served: readonly DiscoveredResource[]): string {
  return served.map((resource) => `${resource.plural} ${apiVersionOf(resource)} ${resource.verbs.join()}`).sort().join('\n');
}
