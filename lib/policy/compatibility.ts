// May this module be served? Protocol and version checks on its metadata at load time (contract 5.4), and whether its
// execution mode is built yet.
import { Fault } from '../fault.js';

import type { ExecutionMode, Metadata } from './metadata.js';

/** The Kubewarden release whose contract this engine keeps; what `minimumKubewardenVersion` is compared with. */
export const contractVersion = '1.36.0';

/**
 * Refuses metadata that the engine cannot serve.
 *
 * @throws {Fault} `POLICY_INCOMPATIBLE`
 */
export function assertCompatible({ executionMode, protocolVersion, minimumKubewardenVersion }: Metadata): void {
  if (minimumKubewardenVersion !== undefined) assertVersion(minimumKubewardenVersion);
  if (executionMode !== 'kubewarden-wapc') return;
  if (protocolVersion === null) {
    throw new Fault('POLICY_INCOMPATIBLE', 'Policy is missing protocol version, which is required for KubewardenWapc execution mode');
  }
  if (protocolVersion !== 'v1') throw new Fault('POLICY_INCOMPATIBLE', 'Policy uses protocol version Unknown but only V1 is supported');
}

/**
 * Refuses an execution mode that is known and not built yet.
 *
 * @throws {Fault} `POLICY_MODE_UNSUPPORTED`
 */
export function assertRunnable(mode: ExecutionMode): void {
  if (mode === 'kubewarden-wapc') return;
  throw new Fault('POLICY_MODE_UNSUPPORTED', `The policy asks for the execution mode '${mode}', which is not supported yet; only 'kubewarden-wapc' policies can run.`);
}

function assertVersion(required: string): void {
  const [major = 0, minor = 0] = required.split('.').map(Number);
  const [ownMajor = 0, ownMinor = 0] = contractVersion.split('.').map(Number);
  if (major < ownMajor || (major === ownMajor && minor <= ownMinor)) return;
  throw new Fault('POLICY_INCOMPATIBLE', `Policy required Kubewarden version ${major}.${minor}.0 but is running on ${ownMajor}.${ownMinor}.0`);
}
