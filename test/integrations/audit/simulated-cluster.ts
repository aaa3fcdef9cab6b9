// A cluster in memory that answers over HTTP what a scanner asks an API server: discovery, pages, watches, and reports written and removed.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

import { startWebServer, type WebServer } from '../../support/web-server.js';

/** An object, as far as the cluster looks into it. */
export interface StoredObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly uid?: string; readonly resourceVersion?: string; readonly labels?: Readonly<Record<string, string>>; readonly annotations?: Readonly<Record<string, string>> };
  readonly [field: string]: unknown;
}

/** A request, as a test looks at it. */
export interface ClusterRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
}

interface Served {
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

interface Place {
  readonly apiVersion: string;
  readonly plural: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

interface Answer {
  readonly status: number;
  readonly body: object;
}

const stored = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];
const kinds = (namespaced: boolean, named: Readonly<Record<string, string>>, verbs: readonly string[] = stored): readonly Served[] => Object.entries(named).map(([plural, kind]) => ({ plural, kind, namespaced, verbs }));

const everything: Readonly<Record<string, readonly Served[]>> = {
  'v1': [...kinds(true, { pods: 'Pod', services: 'Service', configmaps: 'ConfigMap', secrets: 'Secret' }), ...kinds(false, { namespaces: 'Namespace' }), ...kinds(false, { componentstatuses: 'ComponentStatus' }, ['get', 'list'])],
  'policies.kubewarden.io/v1': [...kinds(true, { admissionpolicies: 'AdmissionPolicy' }), ...kinds(false, { clusteradmissionpolicies: 'ClusterAdmissionPolicy', policyservers: 'PolicyServer' })],
  'wgpolicyk8s.io/v1alpha2': [...kinds(true, { policyreports: 'PolicyReport' }), ...kinds(false, { clusterpolicyreports: 'ClusterPolicyReport' })],
  'example.com/v1': kinds(true, { widgets: 'Widget' }),
  'shapes.example.com/v1': kinds(true, { circles: 'Circle' }),
  'shapes.example.com/v1alpha1': kinds(true, { circles: 'Circle' }),
  'openreports.io/v1alpha1': [...kinds(true, { reports: 'Report' }), ...kinds(false, { clusterreports: 'ClusterReport' })],
};

/** A cluster; `fails` makes it refuse requests. */
export class SimulatedCluster implements AsyncDisposable {
  readonly requests: ClusterRequest[] = [];
  /** A status in place of the answer. */
  fails: (request: ClusterRequest) => number | undefined = () => undefined;
  readonly #objects = new Map<string, StoredObject>();
  readonly #events: { readonly version: number; readonly key: string; readonly type: string; readonly object: StoredObject }[] = [];
  readonly #watches = new Set<() => void>();
  readonly #absent: Set<string>;
  #version = 100;
  #web: WebServer | undefined;

  /** @param absent API versions that are not served */
  constructor(absent: readonly string[] = []) {
    this.#absent = new Set(absent);
  }

  /** Where it listens. */
  async start(): Promise<string> {
    this.#web = await startWebServer((request, response) => void this.#serve(request, response));
    return this.#web.origin;
  }

  /** Begins or ceases to serve an API version; its objects are kept. */
  serve(apiVersion: string, isServed: boolean): void {
    if (isServed) this.#absent.delete(apiVersion);
    else this.#absent.add(apiVersion);
  }

  /** Stores an object as it is, with a uid and a version unless it has them. */
  put(object: StoredObject): StoredObject {
    const [plural = '', namespaced = false] = Object.entries(everything).flatMap(([apiVersion, served]) => served.filter(({ kind }) => apiVersion === object.apiVersion && kind === object.kind).map((one) => [one.plural, one.namespaced] as const))[0] ?? [];
    const key = keyOf({ apiVersion: object.apiVersion, plural, namespace: namespaced ? object.metadata.namespace : undefined, name: object.metadata.name });
    const uid = this.#objects.get(key)?.metadata.uid ?? randomUUID();
    return this.#change(key, { ...object, metadata: { uid, ...object.metadata } });
  }

  /** Deletes everything of a kind that has a name. */
  remove(kind: string, name: string): void {
    for (const [key, object] of this.#objects) if (object.kind === kind && object.metadata.name === name) this.#remove(key, object);
  }

  /** Everything of a kind. */
  all(kind: string): readonly StoredObject[] {
    return [...this.#objects.values()].filter((object) => object.kind === kind);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#web?.[Symbol.asyncDispose]();
  }

  #change(key: string, object: StoredObject): StoredObject {
    const full = this.#versioned(object);
    const type = this.#objects.has(key) ? 'MODIFIED' : 'ADDED';
    this.#objects.set(key, full);
    this.#tell(key, type, full);
    return full;
  }

  #remove(key: string, object: StoredObject): void {
    this.#objects.delete(key);
    this.#tell(key, 'DELETED', this.#versioned(object));
  }

  #versioned(object: StoredObject): StoredObject {
    this.#version += 1;
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
  }

  #tell(key: string, type: string, object: StoredObject): void {
    this.#events.push({ version: this.#version, key, type, object });
    for (const watch of this.#watches) watch();
  }

  /** Tells what happens behind a version until the client has heard enough. */
  #watch(place: Place, from: number, response: ServerResponse): void {
    let told = from;
    const tell = (): void => {
      const news = this.#events.filter(({ version, key }) => version > told && isIn(key, place));
      for (const { type, object } of news) response.write(`${JSON.stringify({ type, object })}\n`);
      told = news.at(-1)?.version ?? told;
    };
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    this.#watches.add(tell);
    response.once('close', () => this.#watches.delete(tell));
    tell();
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(incoming);
    const url = new URL(incoming.url ?? '', 'http://cluster');
    const request = { method: incoming.method ?? '', path: url.pathname, query: url.searchParams };
    this.requests.push(request);
    const failure = this.fails(request);
    const place = placeOf(request.path);
    if (failure === undefined && request.query.has('watch') && this.#isServed(place)) {
      this.#watch(place, Number(request.query.get('resourceVersion')), response);
      return;
    }
    const answer = failure === undefined ? this.#answer(request, body) : refusal(failure);
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
  }

  #answer({ method, path, query }: ClusterRequest, body: string): Answer {
    if (path === '/api' || path === '/apis') return { status: 200, body: this.#discovery(path === '/api') };
    const place = placeOf(path);
    if (!this.#isServed(place)) return refusal(404);
    if (place.name === undefined) return this.#answerOnCollection(method, place, query, body);
    const key = keyOf(place);
    const object = this.#objects.get(key);
    if (object === undefined) return refusal(404);
    if (method === 'DELETE' && !isAsDemanded(object, body)) return refusal(409);
    if (method === 'PATCH') this.#change(key, merged(object, JSON.parse(body) as object) as StoredObject);
    if (method === 'DELETE') this.#remove(key, object);
    return { status: 200, body: this.#objects.get(key) ?? object };
  }

  #isServed({ apiVersion, plural }: Place): boolean {
    return !this.#absent.has(apiVersion) && everything[apiVersion]?.some((served) => served.plural === plural) === true;
  }

  #answerOnCollection(method: string, place: Place, query: URLSearchParams, body: string): Answer {
    if (method === 'POST') return { status: 201, body: this.put(JSON.parse(body) as StoredObject) };
    const selected = [...this.#objects].filter(([key, object]) => isIn(key, place) && isSelected(object, query));
    const [from, limit] = [Number(query.get('continue') ?? 0), Number(query.get('limit') ?? selected.length)];
    const rest = from + limit < selected.length ? { continue: String(from + limit) } : {};
    const kind = everything[place.apiVersion]?.find(({ plural }) => plural === place.plural)?.kind ?? '';
    // As the API server has it, items of a list name neither their version nor their kind.
    const items = selected.slice(from, from + limit).map(([, object]) => ({ ...object, apiVersion: undefined, kind: undefined }));
    return { status: 200, body: { apiVersion: place.apiVersion, kind: `${kind}List`, metadata: { resourceVersion: String(this.#version), ...rest }, items } };
  }

  #discovery(core: boolean): object {
    const items = Object.entries(everything)
      .filter(([apiVersion]) => !this.#absent.has(apiVersion) && (apiVersion === 'v1') === core)
      .map(([apiVersion, served]) => {
        const [version = '', group = ''] = apiVersion.split('/').reverse();
        const resources = served.map(({ plural, kind, namespaced, verbs }) => ({ resource: plural, responseKind: { group, version, kind }, scope: namespaced ? 'Namespaced' : 'Cluster', verbs, subresources: plural === 'pods' ? [{ subresource: 'exec' }] : [] }));
        return { metadata: core ? {} : { name: group }, versions: [{ version, freshness: 'Current', resources }] };
      });
    return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items };
  }
}

function refusal(code: number): Answer {
  const reason = { 403: 'Forbidden', 404: 'NotFound', 409: 'Conflict' }[code] ?? 'InternalError';
  return { status: code, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code, reason, message: `because ${reason}` } };
}

function placeOf(path: string): Place {
  const [root, ...parts] = path.split('/').slice(1);
  const apiVersion = root === 'api' ? (parts[0] ?? '') : `${parts[0] ?? ''}/${parts[1] ?? ''}`;
  const rest = parts.slice(root === 'api' ? 1 : 2);
  const [first = '', second, third, fourth] = rest;
  return first === 'namespaces' && third !== undefined ? { apiVersion, plural: third, namespace: second, name: fourth } : { apiVersion, plural: first, namespace: undefined, name: second };
}

function keyOf({ apiVersion, plural, namespace = '', name = '' }: Place): string {
  return [apiVersion, plural, namespace, name].join(' ');
}

function isIn(key: string, { apiVersion, plural, namespace }: Place): boolean {
  const [keyVersion, keyPlural, keyNamespace] = key.split(' ');
  return keyVersion === apiVersion && keyPlural === plural && (namespace === undefined || keyNamespace === namespace);
}

function isSelected({ metadata: { name, labels = {} } }: StoredObject, query: URLSearchParams): boolean {
  const demands = (parameter: string): readonly string[] => (query.get(parameter) ?? '').split(',').filter((demand) => demand !== '');
  return demands('labelSelector').every((demand) => labels[demand.split('=')[0] ?? ''] === demand.split('=')[1]) && !demands('fieldSelector').includes(`metadata.name!=${name}`);
}

/** Holds an object against the preconditions of its deletion. */
function isAsDemanded({ metadata }: StoredObject, body: string): boolean {
  const { preconditions = {} } = (body === '' ? {} : JSON.parse(body)) as { readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string } };
  return (preconditions.uid ?? metadata.uid) === metadata.uid && (preconditions.resourceVersion ?? metadata.resourceVersion) === metadata.resourceVersion;
}

/** RFC 7396. */
function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const base = typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...target } : {};
  const entries = Object.entries(patch).map(([name, value]) => [name, merged((base as Record<string, unknown>)[name], value)] as const);
  return { ...base, ...Object.fromEntries(entries) };
}
