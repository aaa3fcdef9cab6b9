// Which entry of an index is for a given machine. Pure.
import type { ImageIndex, IndexEntry } from './manifest.js';
import { ociFault } from './oci-fault.js';

/** A machine in the words of OCI (those of Go): `linux`, `windows`, `darwin`; `amd64`, `arm64`, ... */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
}

const systems: Readonly<Record<string, string>> = { win32: 'windows', sunos: 'solaris' };
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', mipsel: 'mipsle', ppc64: 'ppc64le' };

/** A machine as Node names it (`process.platform`, `process.arch`) in the words of OCI. */
export function platformOf(nodePlatform: string, nodeArch: string): Platform {
  return { os: systems[nodePlatform] ?? nodePlatform, architecture: architectures[nodeArch] ?? nodeArch };
}

/**
 * The first entry for the machine.
 *
 * @throws {Fault} `OCI_PLATFORM_MISSING` naming the platforms there are
 */
export function entryForPlatform(index: ImageIndex, { os, architecture }: Platform): IndexEntry {
  const found = index.manifests.find(({ platform }) => platform?.os === os && platform.architecture === architecture);
  if (found !== undefined) return found;
  const offered = index.manifests.flatMap(({ platform }) => (platform === undefined || platform === null ? [] : [`${platform.os}/${platform.architecture}`]));
  throw ociFault('OCI_PLATFORM_MISSING', `the image index has no entry for ${os}/${architecture}; it has ${offered.length === 0 ? 'none with a platform' : [...new Set(offered)].slice(0, 20).join(', ')}`);
}
