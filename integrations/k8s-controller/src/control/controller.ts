// The controller put together: what follows the cluster, what answers its API server, and what works while this process leads.
import { messageOf } from 'wasmwarden';
import { runElected, type ClusterClient, type SteadyClock } from 'wasmwarden/kubernetes';
import type { Logger } from 'pino';

import { ClusterWriter } from '../apply/cluster-writer.js';
import { EventRecorder } from '../apply/event-recorder.js';
import { StatusWriter } from '../apply/status-writer.js';
import { secretText } from '../certificates/secret-data.js';
import type { ControllerConfig } from '../config.js';
import { secretNames } from '../desired/names.js';
import { servicePort } from '../desired/ports.js';
import { webhookKinds } from '../desired/webhook.js';
import type { Action } from '../plan/actions.js';
import { certificateNews } from '../status/certificate-news.js';
import { createMetrics, electionName, type Metrics } from '../telemetry/metrics.js';
import { countedPolicies } from '../telemetry/counted-policies.js';
import { clusterRegistry } from '../validation/registry.js';
import { WebhookServer } from '../validation/server.js';
import { ChangeWindow } from '../world/change-window.js';
import { ClusterCache, objectsOf, type SeenChange } from '../world/cluster-cache.js';
import { identityOfObject } from '../world/keys.js';
import type { OwnerReference } from '../world/kubernetes-object.js';
import { allSubjects, relatedSubjects, type Relations } from '../world/related-keys.js';
import { resourceOf } from '../world/resources.js';
import { WebhookAbsence } from '../world/webhook-absence.js';
import { createDefaultPolicyServer } from './default-policy-server.js';
import { attempt } from './outcome.js';
import { Reconciler } from './reconciler.js';
import { answersTls } from './serving-probe.js';
import type { Surroundings } from './surroundings.js';

/** What a controller is made of. */
export interface ControllerParts {
  readonly config: ControllerConfig;
  readonly client: ClusterClient;
  /** Namespace of the policy-servers, and of this process. */
  readonly namespace: string;
  /** Who this process is, among all replicas ever. */
  readonly identity: string;
  /** Authorities that callers of our webhooks must chain to; absent where they need no certificate. */
  readonly clientAuthorities: string | undefined;
  readonly log: Logger;
  readonly clock: SteadyClock;
}

/** A controller. */
export class Controller {
  readonly metrics: Metrics;
  readonly webhooks: WebhookServer;
  readonly #parts: ControllerParts;
  readonly #cache: ClusterCache;
  readonly #absence: WebhookAbsence;
  readonly #relations: Relations;
  #synced = false;
  /** Present while this process leads. */
  #reconciler: Reconciler | undefined;

  constructor(parts: ControllerParts) {
    const { client, namespace, clock, log } = parts;
    this.#parts = parts;
    this.#cache = new ClusterCache({
      client,
      namespace,
      onChange: (change) => this.#changed(change),
      onEvent: (kind, event) => {
        if (event.kind === 'failed') log.warn({ kind, during: event.during, problem: event.fault.message }, 'cannot follow the cluster, trying again');
      },
    });
    const cache = this.#cache;
    this.#absence = new WebhookAbsence(cache, clock.steadyMs);
    this.#relations = relationsIn(cache);
    this.metrics = createMetrics({ queueLength: () => this.#reconciler?.length ?? 0, isLeader: () => this.#reconciler !== undefined, policies: () => countedPolicies(cache) });
    this.webhooks = new WebhookServer({
      registry: clusterRegistry(client, cache, namespace),
      clientAuthorities: parts.clientAuthorities,
      onAnswer: (purpose, code) => this.metrics.answered(purpose, code),
      onError: (error) => log.error({ problem: messageOf(error) }, 'a review could not be answered'),
    });
  }

  /** Everything that was in the cluster has been seen, and the webhooks have a certificate. */
  get ready(): boolean {
    return this.#synced && this.webhooks.certificate !== undefined;
  }

  /**
   * Follows the cluster and reconciles while elected, until the signal fires.
   *
   * @returns how it ended; after `lost` this process must not go on
   */
  async run(signal: AbortSignal): Promise<'finished' | 'lost'> {
    const { config, client, namespace, identity, log, clock } = this.#parts;
    // Without leadership there is nothing to follow the cluster for: the process has to end so that another can take its place.
    const over = new AbortController();
    const { synced, ended } = this.#cache.start(AbortSignal.any([signal, over.signal]));
    const led = (async (): Promise<'finished' | 'lost'> => {
      if (!(await synced)) return 'finished';
      this.#synced = true;
      this.#absence.restart();
      log.info('the cluster has been seen');
      if (!config.leaderElect) {
        await this.#lead(signal);
        return 'finished';
      }
      const election = { client, namespace, name: electionName, identity, clock };
      return runElected({ ...election, onEvent: (event) => log.info({ ...event, ...(event.kind === 'failed' ? { fault: event.fault.message } : {}) }, 'election') }, (term) => this.#lead(term), signal);
    })();
    const [end] = await Promise.all([led.finally(() => over.abort(new Error('no longer elected'))), ended]);
    return end;
  }

  async #lead(signal: AbortSignal): Promise<void> {
    const { log, clock } = this.#parts;
    log.info('leading');
    this.#reconciler = new Reconciler({ surroundings: this.#surroundings(), metrics: this.metrics, log, clock });
    this.#reconciler.add(allSubjects(this.#relations));
    try {
      await Promise.all([this.#reconciler.run(signal), this.#createDefaultPolicyServer(signal)]);
    } finally {
      this.#reconciler = undefined;
    }
  }

  async #createDefaultPolicyServer(signal: AbortSignal): Promise<void> {
    const { client, namespace, config, log, clock } = this.#parts;
    const { defaultPolicyServer } = config;
    if (defaultPolicyServer === undefined) return;
    for (;;) {
      const failure = await attempt(() => createDefaultPolicyServer(client, namespace, defaultPolicyServer));
      if (failure === undefined || signal.aborted) return;
      log.warn({ problem: failure.message }, 'cannot create the default PolicyServer, trying again');
      await clock.sleep(retryMs, signal);
    }
  }

  #changed(change: SeenChange): void {
    this.#absence.observe(change);
    for (const object of objectsOf(change)) this.#reconciler?.add(relatedSubjects(object, this.#relations));
    if (change.kind !== 'deleted' && change.object.kind === 'Secret' && change.object.metadata.name === secretNames.controller) this.#serve(change.object);
  }

  #serve(secret: Parameters<typeof secretText>[0]): void {
    const { log } = this.#parts;
    const [certificate, key] = [secretText(secret, 'tls.crt'), secretText(secret, 'tls.key')];
    if (certificate === undefined || key === undefined) return;
    try {
      this.webhooks.serve({ certificate, key });
      log.info('serving the webhooks with a new certificate');
    } catch (error) {
      log.error({ problem: messageOf(error) }, 'the certificate of the webhooks cannot be served');
    }
  }

  #surroundings(): Surroundings {
    const { config, client, namespace, identity, clock, log } = this.#parts;
    const writer = new ClusterWriter(client, clock.nowMs);
    const now = (): string => new Date(clock.nowMs()).toISOString().replace(/\.\d+Z$/, 'Z');
    const events = new EventRecorder(client, identity, now, (error) => log.warn({ problem: messageOf(error) }, 'an Event could not be written'));
    const perform = async (action: Action): Promise<void> => {
      await writer.perform(action);
      const kind = 'reference' in action ? action.reference.kind : 'object' in action ? action.object.kind : 'Secret';
      this.metrics.wrote(kind, action.kind);
      if ('because' in action) log.info({ secret: action.secret.name, because: action.because }, 'made a certificate');
      const news = certificateNews(action);
      if (news !== undefined) events.record(news.regarding, news.transition);
    };
    const writeStatus: ClusterWriter['writeStatus'] = async (reference, precondition, status) => {
      const version = await writer.writeStatus(reference, precondition, status);
      this.metrics.wrote(reference.kind, 'status');
      return version;
    };
    return {
      source: { cache: this.#cache, absence: this.#absence, namespace, nowMs: clock.nowMs },
      writer: { perform },
      status: new StatusWriter({ writeStatus }, (regarding, transition) => events.record(regarding, transition)),
      windows: new ChangeWindow(clock.steadyMs),
      defaults: { ...config.servers, namespace },
      service: config.webhookService,
      finding: ({ generation }) => ({ now: now(), generation }),
      ownWebhooksServe: (authorities) => answersTls(`${config.webhookService}.${namespace}.svc`, servicePort, authorities),
      namespaceOwner: () => namespaceOwner(client, namespace),
    };
  }
}

/** Between two tries, in milliseconds. */
const retryMs = 1_000;

function relationsIn(cache: ClusterCache): Relations {
  return {
    policiesOn: (server) => cache.boundTo(server).map(identityOfObject),
    policiesWithId: (id) => cache.withPolicyId(id).map(identityOfObject),
    allPolicies: () => [...cache.all('ClusterAdmissionPolicy'), ...cache.all('AdmissionPolicy')].map(identityOfObject),
    allServers: () => cache.all('PolicyServer').map(({ metadata }) => metadata.name),
    allWebhooks: () => webhookKinds.flatMap((kind) => cache.all(kind)),
  };
}

async function namespaceOwner(client: ClusterClient, name: string): Promise<OwnerReference> {
  const { metadata } = await client.get({ resource: resourceOf('Namespace'), name });
  return { apiVersion: 'v1', kind: 'Namespace', name, uid: metadata.uid ?? '' };
}
