// The network of the Pods: one bridge per cluster, a network namespace and a veth pair per Pod.
//
// Bridge, Pods and the test process share one range: `.1` is the Node, `.254` the test process, the rest are Pods.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

const BRIDGE = 'pods';

/** Any locally administered unicast address will do: the bridge is alone in its network namespace. */
const BRIDGE_ADDRESS = '02:00:00:00:00:01';
const FIRST_HOST = 2;
const LAST_HOST = 253;

/** A Pod's place in the network. */
export interface PodLink {
  readonly address: string;
  /** Path of the network namespace, for `nsenter --net=`. */
  readonly namespace: string;
}

/** Gives Pods their addresses and takes them back. */
export class PodNetwork {
  readonly gateway: string;
  readonly #prefix: string;
  readonly #taken = new Map<string, number>();
  #last = FIRST_HOST - 1;

  private constructor(prefix: string) {
    this.#prefix = prefix;
    this.gateway = `${prefix}.1`;
  }

  /** Makes the bridge and joins the sandbox's `uplink` to it. */
  static async create(prefix: string): Promise<PodNetwork> {
    // Without an address of its own a bridge takes the lowest of its ports', which changes as Pods come and go: whoever
    // remembers the old one then sends into the void for half a minute.
    await ip([`link add ${BRIDGE} address ${BRIDGE_ADDRESS} type bridge`, `address add ${prefix}.1/24 dev ${BRIDGE}`, `link set uplink master ${BRIDGE}`, 'link set uplink up', `link set ${BRIDGE} up`]);
    return new PodNetwork(prefix);
  }

  /** Makes a network namespace for a Pod, named after its address, with a route to everything the Node reaches. */
  async attach(podUid: string): Promise<PodLink> {
    const host = this.#take(podUid);
    const name = `pod${host}`;
    const address = `${this.#prefix}.${host}`;
    await ip([`netns add ${name}`, `link add ${name} type veth peer name eth0 netns ${name}`, `link set ${name} master ${BRIDGE}`, `link set ${name} up`]);
    await ip([`address add ${address}/24 dev eth0`, 'link set eth0 up', 'link set lo up', `route add default via ${this.gateway}`], name);
    return { address, namespace: `/run/netns/${name}` };
  }

  /** Removes a Pod's namespace; its end of the veth pair goes with it, and so the other end. */
  async detach(podUid: string): Promise<void> {
    const host = this.#taken.get(podUid);
    if (host === undefined) return;
    // The pair is deleted by name first: the kernel frees a namespace late, and the address may be wanted again.
    await ip([`link delete pod${host}`]).catch(() => undefined);
    await ip([`netns delete pod${host}`]).catch(() => undefined);
    this.#taken.delete(podUid);
  }

  /** Addresses rotate, so that a stale endpoint does not reach the next Pod at once. */
  #take(podUid: string): number {
    const used = new Set(this.#taken.values());
    for (let step = 1; step <= LAST_HOST - FIRST_HOST + 1; step += 1) {
      const host = FIRST_HOST + ((this.#last - FIRST_HOST + step) % (LAST_HOST - FIRST_HOST + 1));
      if (used.has(host)) continue;
      this.#last = host;
      this.#taken.set(podUid, host);
      return host;
    }
    throw new Error('every address of the range of Pods is in use');
  }
}

/** Runs several `ip` commands in one process, optionally inside a network namespace. */
async function ip(commands: readonly string[], namespace?: string): Promise<void> {
  const running = run('ip', [...(namespace === undefined ? [] : ['-netns', namespace]), '-batch', '-']);
  running.child.stdin?.end(`${commands.join('\n')}\n`);
  await running;
}
