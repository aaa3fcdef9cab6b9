// The Node object and the Lease that say "this Node lives". PURE: objects from values.

import { arch, release } from 'node:os';
import { NODE_CAPACITY } from './downward-api.js';
import { apiTime } from './pod-status.js';

/** What a Node says about itself. */
export interface NodeFacts {
  readonly name: string;
  readonly address: string;
  /** Port of the Node's own server. */
  readonly port: number;
  /** Version of the API server, as kubelets report theirs. */
  readonly version: string;
}

/** How long a Lease is good for, in seconds, as a kubelet's. */
export const LEASE_SECONDS = 40;

/** The Node at registration; labels are those a kubelet sets. */
export function nodeObject(facts: NodeFacts): object {
  const architecture = arch() === 'x64' ? 'amd64' : arch();
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: facts.name,
      labels: {
        'kubernetes.io/hostname': facts.name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': architecture,
      },
    },
  };
}

/** The Node's status: ready, roomy, and where its server listens. */
export function nodeStatus(facts: NodeFacts, now: Date): object {
  const condition = (type: string, status: 'True' | 'False', reason: string): object => ({ type, status, reason, message: 'the node agent runs', lastHeartbeatTime: apiTime(now), lastTransitionTime: apiTime(now) });
  return {
    addresses: [
      { type: 'InternalIP', address: facts.address },
      { type: 'Hostname', address: facts.name },
    ],
    capacity: NODE_CAPACITY,
    allocatable: NODE_CAPACITY,
    conditions: [
      condition('Ready', 'True', 'KubeletReady'),
      condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory'),
      condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure'),
      condition('PIDPressure', 'False', 'KubeletHasSufficientPID'),
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: facts.port } },
    nodeInfo: {
      architecture: arch() === 'x64' ? 'amd64' : arch(),
      operatingSystem: 'linux',
      kernelVersion: release(),
      osImage: 'processes of the test machine',
      containerRuntimeVersion: 'process://1.0.0',
      kubeletVersion: facts.version,
      kubeProxyVersion: '',
      machineID: '',
      systemUUID: '',
      bootID: '',
    },
  };
}

/** The Node's Lease, renewed now. */
export function nodeLease(name: string, nodeUid: string, now: Date): object {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace: 'kube-node-lease', ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid: nodeUid }] },
    // MicroTime: the API wants exactly six digits after the dot.
    spec: { holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS, renewTime: now.toISOString().replace(/(\.\d{3})Z$/, '$1000Z') },
  };
}
