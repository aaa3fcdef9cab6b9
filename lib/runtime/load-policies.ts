// From what an embedder hands over to policies that can be evaluated, or the reasons why they cannot.
import { parseAllowList } from '../capabilities/allow-list.js';
import { monotonicNow } from '../deadline.js';
import { Fault, isFault } from '../fault.js';
import { assertCompatible, assertRunnable } from '../policy/compatibility.js';
import { parsePolicyName } from '../policy/identity.js';
import { decodeMetadata, type ExecutionMode, type Metadata } from '../policy/metadata.js';
import { encodeSettings } from '../policy/settings.js';

import type { LoadedPolicy, ReadyPolicy } from './loaded-policy.js';
import type { Loader } from './loader/loader.js';
import type { LoadedModule } from './loader/module-load.js';
import type { RuntimeSettings } from './options.js';
import { parsePolicyInput, type ParsedInput, type PolicyInput } from './policy-input.js';

/** What loading needs of a runtime. */
export interface LoadingPorts {
  readonly loader: Loader;
  readonly settings: RuntimeSettings;
  /** Every capability path that a policy's grants may name. */
  readonly knownPaths: readonly string[];
}

/**
 * Loads a batch of policies, one after the other; each distinct module is loaded once.
 *
 * @throws {Fault} `RUNTIME_CLOSED`; every other fault makes one policy unusable
 */
export async function loadPolicies(definitions: Readonly<Record<string, PolicyInput>>, ports: LoadingPorts): Promise<ReadonlyMap<string, LoadedPolicy>> {
  const modules: Modules = new Map();
  const loaded = new Map<string, LoadedPolicy>();
  for (const [id, input] of Object.entries(definitions)) loaded.set(id, await loadPolicy(id, input, modules, ports));
  return loaded;
}

/** The modules of a batch by path, or by the bytes that were handed over. */
type Modules = Map<string | Uint8Array, Promise<LoadedModule>>;

async function loadPolicy(id: string, input: PolicyInput, modules: Modules, ports: LoadingPorts): Promise<LoadedPolicy> {
  const { onEvent } = ports.settings;
  const startMs = monotonicNow();
  try {
    parsePolicyName(id);
    const parsed = parsePolicyInput(input);
    const { source } = parsed;
    const key = source.kind === 'bytes' ? source.bytes : source.path;
    const loading = modules.get(key) ?? ports.loader.load(source);
    modules.set(key, loading);
    const policy = readyPolicy(id, parsed, await loading, ports);
    onEvent({ kind: 'policy-loaded', policyId: id, digest: policy.digest, loadMs: monotonicNow() - startMs });
    return policy;
  } catch (thrown) {
    if (!isFault(thrown) || thrown.code === 'RUNTIME_CLOSED') throw thrown;
    onEvent({ kind: 'policy-refused', policyId: id, code: thrown.code, message: thrown.message });
    return { kind: 'unusable', id, fault: thrown };
  }
}

function readyPolicy(id: string, { definition, executionMode }: ParsedInput, loaded: LoadedModule, { settings, knownPaths }: LoadingPorts): ReadyPolicy {
  const metadata = loaded.metadata === undefined ? undefined : decodeMetadata(loaded.metadata);
  if (metadata === undefined && settings.requireMetadata) {
    throw new Fault('POLICY_INCOMPATIBLE', 'Policy is missing protocol version, which is required for KubewardenWapc execution mode');
  }
  assertServable(executionMode ?? metadata?.executionMode ?? modesByAbi[loaded.abi], metadata, loaded.abi);
  const { timeoutEvalSeconds } = definition;
  return {
    kind: 'ready',
    id,
    digest: loaded.digest,
    module: loaded.module,
    metadata,
    settings: encodeSettings(definition.settings),
    enforcement: { id, mode: definition.policyMode, allowedToMutate: definition.allowedToMutate, message: definition.message },
    grants: parseAllowList(definition.hostCapabilities, knownPaths),
    contextAwareResources: definition.contextAwareResources,
    limitMs: timeoutEvalSeconds === undefined ? settings.policyTimeoutMs : timeoutEvalSeconds * 1000,
  };
}

const modesByAbi: Readonly<Record<LoadedModule['abi'], ExecutionMode>> = { 'wapc': 'kubewarden-wapc', 'wasi-command': 'wasi', 'opa': 'opa', 'unknown': 'kubewarden-wapc' };

/** Unless the caller names it, the metadata alone names the mode, as in the reference; a module without any is taken for what it looks like. */
function assertServable(executionMode: ExecutionMode, metadata: Metadata | undefined, abi: LoadedModule['abi']): void {
  if (metadata !== undefined) assertCompatible({ ...metadata, executionMode });
  assertRunnable(executionMode);
  // The loader has checked what looks like waPC; what claims to be and is not ends here.
  if (abi !== 'wapc') throw new Fault('MODULE_UNLINKABLE', 'Guest call function (__guest_call) not exported by wasm module.');
}
