// Which Service leads where: ClusterIP and port to endpoints, and name to address. PURE apart from its own memory.

import type { ApiObject } from '../api/objects.js';
import type { Change } from '../api/watch.js';

/** The parts of a Service that matter here. */
export interface Service extends ApiObject {
  readonly spec: {
    readonly clusterIP?: string;
    readonly ports?: readonly { readonly name?: string; readonly port: number; readonly protocol?: string }[];
  };
}

/** The parts of an EndpointSlice that matter here. */
export interface EndpointSlice extends ApiObject {
  readonly endpoints?: readonly { readonly addresses: readonly string[]; readonly conditions?: { readonly ready?: boolean }; readonly hostname?: string }[] | null;
  readonly ports?: readonly { readonly name?: string; readonly port?: number }[] | null;
}

/** Where a connection can be taken to. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** One address and port on which a Service is to be reached. */
export interface Frontend {
  readonly address: string;
  readonly port: number;
}

/** Label of a slice that names its Service. */
const SERVICE_LABEL = 'kubernetes.io/service-name';

/** What is known of Services and their endpoints. */
export class ServiceTable {
  readonly #services = new Map<string, Service>();
  readonly #slices = new Map<string, EndpointSlice>();

  /** Takes a change of a Service. */
  takeService({ kind, object }: Change<Service>): void {
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    if (kind === 'gone') this.#services.delete(key);
    else this.#services.set(key, object);
  }

  /** Takes a change of an EndpointSlice. */
  takeSlice({ kind, object }: Change<EndpointSlice>): void {
    if (kind === 'gone') this.#slices.delete(object.metadata.uid);
    else this.#slices.set(object.metadata.uid, object);
  }

  /** Every ClusterIP and TCP port of every Service. */
  frontends(): Frontend[] {
    return [...this.#services.values()].flatMap(({ spec }) => {
      const address = clusterAddress(spec.clusterIP);
      if (address === undefined) return [];
      return (spec.ports ?? []).filter(({ protocol }) => protocol === undefined || protocol === 'TCP').map(({ port }) => ({ address, port }));
    });
  }

  /** The ready endpoints behind a ClusterIP and port, as they are now. */
  endpoints(frontend: Frontend): Endpoint[] {
    const service = [...this.#services.values()].find(({ spec }) => spec.clusterIP === frontend.address);
    const name = service?.spec.ports?.find(({ port }) => port === frontend.port)?.name ?? '';
    if (service === undefined) return [];
    return this.#slicesOf(service).flatMap((slice) => {
      const port = slice.ports?.find((candidate) => (candidate.name ?? '') === name)?.port;
      return port === undefined ? [] : readyAddresses(slice).map((address) => ({ address, port }));
    });
  }

  /** The addresses of a name below `cluster.local`; undefined for a name that does not exist. */
  resolve(name: string): string[] | undefined {
    const labels = name.toLowerCase().replace(/\.$/, '').split('.');
    const [service = '', namespace = '', ...suffix] = labels.slice(-5);
    if (suffix.join('.') !== 'svc.cluster.local') return undefined;
    const found = this.#services.get(keyOf(namespace, service));
    if (found === undefined) return undefined;
    const address = clusterAddress(found.spec.clusterIP);
    if (labels.length === 5 && address !== undefined) return [address];
    const hostname = labels.length === 6 ? labels[0] : undefined;
    if (labels.length > 6) return undefined;
    return this.#slicesOf(found).flatMap((slice) => readyAddresses(slice, hostname));
  }

  #slicesOf(service: Service): EndpointSlice[] {
    return [...this.#slices.values()].filter(({ metadata }) => metadata.namespace === service.metadata.namespace && metadata.labels?.[SERVICE_LABEL] === service.metadata.name);
  }
}

function readyAddresses(slice: EndpointSlice, hostname?: string): string[] {
  return (slice.endpoints ?? []).filter((endpoint) => endpoint.conditions?.ready !== false && (hostname === undefined || endpoint.hostname === hostname)).flatMap(({ addresses }) => addresses);
}

/** Headless Services say `None`, ExternalName ones nothing. */
function clusterAddress(address: string | undefined): string | undefined {
  return address === undefined || address === '' || address === 'None' ? undefined : address;
}

function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}
