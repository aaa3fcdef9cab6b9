// Where the programs of the control plane come from: our own build, or KUBEBUILDER_ASSETS.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { buildControlPlane, hasGo } from './build.js';

/** The programs a cluster is made of. */
export type ProgramName = 'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler' | 'kubectl';

/** How each program is started: the words before its own arguments. */
export type Programs = Readonly<Record<ProgramName, readonly string[]>>;

/** The programs, or why there are none. */
export type FoundPrograms =
  | { readonly kind: 'found'; readonly programs: Programs; readonly origin: string }
  | { readonly kind: 'missing'; readonly because: string };

const NAMES: readonly ProgramName[] = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl'];

/**
 * Finds the programs: the folder KUBEBUILDER_ASSETS names, or else a build of our own, made when it is not cached.
 *
 * @param environment the environment variables of the test process
 */
export async function findPrograms(environment: NodeJS.ProcessEnv): Promise<FoundPrograms> {
  const assets = environment['KUBEBUILDER_ASSETS'];
  if (assets !== undefined && assets !== '') return fromFolder(assets);
  if (!(await hasGo())) return { kind: 'missing', because: 'Go is not installed and KUBEBUILDER_ASSETS is not set: install Go 1.26 or newer, or set KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver, kube-controller-manager, kube-scheduler and kubectl' };
  const { path, took } = await buildControlPlane(environment);
  const programs = Object.fromEntries(NAMES.map((name) => [name, [path, name]])) as unknown as Programs;
  return { kind: 'found', programs, origin: `${path} (${took})` };
}

/** A folder with one executable per program; envtest's own archives lack the controller manager and the scheduler. */
function fromFolder(folder: string): FoundPrograms {
  const absent = NAMES.filter((name) => !existsSync(join(folder, name)));
  if (absent.length > 0) return { kind: 'missing', because: `KUBEBUILDER_ASSETS (${folder}) lacks ${absent.join(', ')}: add them, or unset it where Go is installed` };
  const programs = Object.fromEntries(NAMES.map((name) => [name, [join(folder, name)]])) as unknown as Programs;
  return { kind: 'found', programs, origin: folder };
}
