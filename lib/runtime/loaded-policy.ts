// A policy as the runtime holds it: one record per id, ready or unusable. One bad policy does not stop the others.
import type { AllowList } from '../capabilities/allow-list.js';
import type { KubernetesKind } from '../capabilities/capability.js';
import type { Fault } from '../fault.js';
import type { Enforcement } from '../policy/decision.js';
import type { Metadata } from '../policy/metadata.js';

import type { SandboxCode } from './bridge/sandbox-code.js';
import type { PhaseLimits } from './pool/pending-job.js';
import type { SandboxRules } from './sandbox-rules.js';

/** A policy that can be evaluated. */
export interface ReadyPolicy {
  readonly kind: 'ready';
  readonly id: string;
  /** SHA-256 of the module's bytes, lower-case hex. */
  readonly digest: string;
  /** The module as the threads get it, and which warm instance is its own; policies that share one have the same number. */
  readonly code: SandboxCode;
  readonly sandbox: number;
  /** What the module says about itself; absent for a module without a metadata section. */
  readonly metadata: Metadata | undefined;
  /** The settings as the guest gets them: JSON bytes of an object. */
  readonly settings: Uint8Array;
  readonly enforcement: Enforcement;
  readonly grants: AllowList;
  readonly contextAwareResources: readonly KubernetesKind[];
  /** How long each phase of the guest may run. */
  readonly limits: PhaseLimits;
  readonly rules: SandboxRules;
  /** Why every request gets a new instance; absent where one is put back. */
  readonly freshBecause: string | undefined;
}

/** A policy that could not be loaded, and why; requests to it are answered with that reason. */
export interface UnusablePolicy {
  readonly kind: 'unusable';
  readonly id: string;
  readonly fault: Fault;
}

export type LoadedPolicy = ReadyPolicy | UnusablePolicy;
