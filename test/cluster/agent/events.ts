// Events about Pods, as `kubectl describe` shows them. Losing one is no harm, so failures are dropped.

import type { ApiClient } from '../api/client.js';
import type { Pod } from '../api/objects.js';
import { apiTime } from './pod-status.js';

/** Records something that happened to a Pod. */
export function recordEvent(client: ApiClient, pod: Pod, node: string, event: { type: 'Normal' | 'Warning'; reason: string; message: string }): void {
  const { name, namespace = 'default', uid } = pod.metadata;
  const time = apiTime(new Date());
  client
    .create(`/api/v1/namespaces/${namespace}/events`, {
      metadata: { generateName: `${name}.`, namespace },
      involvedObject: { apiVersion: 'v1', kind: 'Pod', name, namespace, uid },
      source: { component: 'kubelet', host: node },
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
      ...event,
      message: event.message.slice(0, 1000),
    })
    .catch(() => undefined);
}
