// The controller's own Pods in a test: stopping and starting them, and what they say of themselves.

import type { ApiList, ApiObject } from '../api/objects.js';
import type { Cluster } from '../cluster.js';
import { eventually, namespace } from './bench.js';

/** A Pod, as far as its address. */
export interface AddressedPod extends ApiObject {
  readonly status?: { readonly podIP?: string };
}

/** The controller's Pods that are not going. */
export async function controllerPods(cluster: Cluster): Promise<readonly AddressedPod[]> {
  return (await allPods(cluster)).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

async function allPods(cluster: Cluster): Promise<readonly AddressedPod[]> {
  const selector = 'app.kubernetes.io%2Fcomponent%3Dcontroller';
  return (await cluster.client.get<ApiList<AddressedPod>>(`/api/v1/namespaces/${namespace}/pods?labelSelector=${selector}`)).items;
}

/** Ends the controller, as an administrator who scales it to nothing; settles when no Pod is left. */
export async function stopController(cluster: Cluster): Promise<void> {
  await cluster.kubectl(['scale', 'deployment/kubewarden-controller', '-n', namespace, '--replicas=0']);
  await eventually(async () => (await allPods(cluster)).length === 0, 'the controller has ended');
}

/** The lines of the controller's metrics, once they are as wanted. */
export async function controllerMetrics(cluster: Cluster, areAsWanted: (lines: readonly string[]) => boolean): Promise<readonly string[]> {
  let lines: readonly string[] = [];
  await eventually(async () => {
    const [pod] = await controllerPods(cluster);
    if (pod?.status?.podIP === undefined) return false;
    lines = (await (await fetch(`http://${pod.status.podIP}:8088/metrics`)).text()).split('\n').filter((line) => !line.startsWith('#'));
    return areAsWanted(lines);
  }, 'the controller\'s metrics are as wanted');
  return lines;
}
