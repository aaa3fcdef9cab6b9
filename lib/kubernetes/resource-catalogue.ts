// Asking an API server which resources it serves, and remembering the answers.
import { Fault, isFault } from '../fault.js';
import { invalidAnswer, type KubernetesFaultCode } from './api-fault.js';
import { aggregatedResourcesOf, type ApiVersion, type Discovered, type DiscoveredResource, parseApiVersion, resourcesOf, versionsOf } from './discovery.js';
import { apiVersionOf, versionPath } from './resource.js';
import type { CallOptions, Rest } from './rest.js';

/** The whole catalogue in one document for the core and one for all groups; older servers answer with their plain documents. */
const aggregated = ['v2', 'v2beta1'].map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`).join(',');

/** How long a version's resources are believed not to have grown, in milliseconds: a policy may ask for a kind that does not exist, again and again. */
const believedMs = 10_000;

interface Remembered {
  readonly resources: readonly DiscoveredResource[];
  readonly askedMs: number;
}

/** Knows which resources an API server serves. */
export class ResourceCatalogue {
  readonly #rest: Rest;
  readonly #nowMs: () => number;
  readonly #versions = new Map<string, Remembered>();

  /** @param nowMs milliseconds of a steady clock */
  constructor(rest: Rest, nowMs: () => number) {
    this.#rest = rest;
    this.#nowMs = nowMs;
  }

  /**
   * Finds the resource of a kind; asks again for what was not there before.
   *
   * @param apiVersion such as `apps/v1`
   * @throws {Fault} KUBERNETES_KIND_UNKNOWN
   */
  async find(apiVersion: string, kind: string, call: CallOptions = {}): Promise<DiscoveredResource> {
    const version = parseApiVersion(apiVersion);
    if (version === undefined) throw unknownKind(apiVersion, kind);
    const named = (resource: DiscoveredResource): boolean => resource.kind === kind;
    const remembered = this.#versions.get(apiVersion);
    const known = remembered?.resources.find(named);
    if (known !== undefined) return known;
    if (remembered !== undefined && this.#nowMs() - remembered.askedMs < believedMs) throw unknownKind(apiVersion, kind);
    const found = (await this.#ask(version, call)).find(named);
    if (found === undefined) throw unknownKind(apiVersion, kind);
    return found;
  }

  /** Everything that is served, asked for anew. */
  async all(call: CallOptions = {}): Promise<Discovered> {
    const attempted = 'discover the resources of the API server';
    const [core, groups] = await Promise.all(['/api', '/apis'].map((path) => this.#rest.json({ attempted, method: 'GET', path, accept: `${aggregated},application/json` }, call)));
    const parts = [core, groups].map((document) => (document === undefined ? undefined : aggregatedResourcesOf(document)));
    const [coreResources, groupResources] = parts;
    if (coreResources !== undefined && groupResources !== undefined) {
      return { resources: [...coreResources.resources, ...groupResources.resources], stale: [...coreResources.stale, ...groupResources.stale] };
    }
    const versions = groups === undefined ? undefined : versionsOf(groups);
    if (versions === undefined) throw invalidAnswer(attempted, 'is no list of API groups');
    return this.#oneByOne([{ group: '', version: 'v1' }, ...versions], call);
  }

  async #oneByOne(versions: readonly ApiVersion[], call: CallOptions): Promise<Discovered> {
    const resources: DiscoveredResource[] = [];
    const stale: ApiVersion[] = [];
    for (const version of versions) {
      try {
        resources.push(...(await this.#ask(version, call)));
      } catch (error) {
        // Another server answers for this API, and does not now.
        if (!isFault<KubernetesFaultCode>(error, 'KUBERNETES_UNAVAILABLE', 'KUBERNETES_NOT_FOUND')) throw error;
        stale.push(version);
      }
    }
    return { resources, stale };
  }

  /** The resources of one version; none when there is no such version. */
  async #ask(version: ApiVersion, call: CallOptions): Promise<readonly DiscoveredResource[]> {
    const apiVersion = apiVersionOf(version);
    const attempted = `discover the resources of ${apiVersion}`;
    const askedMs = this.#nowMs();
    const resources = await this.#rest.json({ attempted, method: 'GET', path: versionPath(version) }, call).then(
      (document) => resourcesOf(document, version),
      (error: unknown) => {
        if (isFault(error, 'KUBERNETES_NOT_FOUND')) return [];
        throw error;
      },
    );
    if (resources === undefined) throw invalidAnswer(attempted, 'is no list of resources');
    this.#versions.set(apiVersion, { resources, askedMs });
    return resources;
  }
}

function unknownKind(apiVersion: string, kind: string): Fault<KubernetesFaultCode> {
  return new Fault('KUBERNETES_KIND_UNKNOWN', `cannot find ${kind} of ${apiVersion}: the API server serves no such kind`, { context: { apiVersion, kind } });
}
