// Works out one run of a container: environment, command, mounts, user.

import { mkdir, stat } from 'node:fs/promises';
import type { Container, Pod, VolumeMount } from '../api/objects.js';
import { NotLaunchable } from './container-runner.js';
import type { ContainerLaunch, Mount } from './container-script.js';
import type { PodFacts } from './downward-api.js';
import { commandLine, containerEnvironment, type ReadValues } from './environment.js';
import type { Image } from './image.js';
import { resolveMountPath } from './mount-path.js';
import type { ObjectCache } from './object-cache.js';
import type { PodLink } from './pod-network.js';
import type { RunFiles } from './termination-message.js';
import type { PodVolumes } from './volume/pod-volumes.js';

/** What a run is made from. */
export interface LaunchSources {
  readonly pod: Pod;
  readonly image: Image;
  readonly volumes: PodVolumes;
  readonly link: PodLink | undefined;
  readonly facts: PodFacts;
  readonly objects: ObjectCache;
  readonly onChange: () => void;
  readonly clusterEnvironment: Readonly<Record<string, string>>;
  readonly nameserver: string;
  readonly folder: string;
  readonly files: RunFiles;
}

/** Where a container's last words are read from when it names no file. */
const DEFAULT_TERMINATION_PATH = '/dev/termination-log';

/** Works out a run; throws {@link NotLaunchable} while an object it needs is missing. */
export async function containerLaunch(container: Container, sources: LaunchSources): Promise<ContainerLaunch> {
  const environment = await environmentOf(container, sources);
  const { pod, image, link } = sources;
  return {
    folder: sources.folder,
    hostname: pod.spec.hostname ?? pod.metadata.name,
    ...(link === undefined ? {} : { networkNamespace: link.namespace }),
    mounts: await mountsOf(container, sources),
    files: filesOf(sources),
    environment,
    words: commandLine(container, image, environment),
    workingFolder: container.workingDir ?? image.workingFolder ?? '/',
    ...userOf(container, pod),
    readOnlyRoot: container.securityContext?.readOnlyRootFilesystem ?? false,
    logPath: sources.files.log,
  };
}

/** A container's own security context wins over the Pod's, field by field. */
function userOf(container: Container, pod: Pod): Pick<ContainerLaunch, 'user'> {
  const { runAsUser, runAsGroup } = { ...pod.spec.securityContext, ...container.securityContext };
  return runAsUser === undefined ? {} : { user: { uid: runAsUser, gid: runAsGroup ?? 0 } };
}

async function environmentOf(container: Container, sources: LaunchSources): Promise<Record<string, string>> {
  const { pod, image, facts, clusterEnvironment, objects, onChange } = sources;
  const namespace = pod.metadata.namespace ?? 'default';
  const readValues: ReadValues = async (resource, name) => {
    const object = await objects.read(resource, { namespace, name }, { uid: pod.metadata.uid, onChange });
    if (object === undefined) return undefined;
    const encoding = resource === 'secrets' ? 'base64' : 'utf8';
    return Object.fromEntries(Object.entries(object.data ?? {}).map(([key, value]) => [key, Buffer.from(value, encoding).toString()]));
  };
  try {
    return await containerEnvironment(container, { pod, facts, image, cluster: clusterEnvironment, readValues });
  } catch (error) {
    throw new NotLaunchable('CreateContainerConfigError', error instanceof Error ? error.message : String(error));
  }
}

async function mountsOf(container: Container, sources: LaunchSources): Promise<Mount[]> {
  const mounts: Mount[] = [...(await foreignMounts())];
  for (const [target, source] of Object.entries(sources.image.contents ?? {})) mounts.push({ source, target: await resolveMountPath(target), readOnly: true });
  for (const mount of container.volumeMounts ?? []) {
    mounts.push({ source: await sourceOf(mount, sources), target: await resolveMountPath(mount.mountPath), readOnly: mount.readOnly ?? false });
  }
  mounts.push({ source: sources.files.message, target: await resolveMountPath(container.terminationMessagePath ?? DEFAULT_TERMINATION_PATH), readOnly: false });
  return mounts;
}

/** A sub-path that does not exist in an emptyDir is made, as a kubelet does. */
async function sourceOf(mount: VolumeMount, { pod, volumes }: LaunchSources): Promise<string> {
  const path = volumes.pathOf(pod, mount);
  const kind = pod.spec.volumes?.find(({ name }) => name === mount.name);
  if (mount.subPath !== undefined && kind?.emptyDir !== undefined) await mkdir(path, { recursive: true });
  await stat(path).catch(() => {
    throw new NotLaunchable('CreateContainerConfigError', `failed to prepare subPath for volumeMount "${mount.name}": ${mount.subPath ?? ''} does not exist`);
  });
  return path;
}

/** The overlay shows the root's own file system only; Node may be installed on another one. */
async function foreignMounts(): Promise<Mount[]> {
  const prefix = process.execPath.replace(/\/bin\/[^/]+$/, '');
  const [root, own] = [await stat('/'), await stat(process.execPath)];
  return root.dev === own.dev ? [] : [{ source: prefix, target: prefix, readOnly: true }];
}

function filesOf({ pod, facts, nameserver }: LaunchSources): Record<string, string> {
  const hostname = pod.spec.hostname ?? pod.metadata.name;
  const aliases = (pod.spec.hostAliases ?? []).map(({ ip, hostnames }) => `${ip}\t${hostnames.join('\t')}\n`);
  const namespace = pod.metadata.namespace ?? 'default';
  return {
    '/etc/hostname': `${hostname}\n`,
    '/etc/hosts': `127.0.0.1\tlocalhost\n::1\tlocalhost\n${facts.podAddress}\t${hostname}\n${aliases.join('')}`,
    '/etc/resolv.conf': `nameserver ${nameserver}\nsearch ${namespace}.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n`,
  };
}
