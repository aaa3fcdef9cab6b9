// From what an embedder hands over to policies that can be evaluated, or the reasons why they cannot.
import { parseAllowList } from '../capabilities/allow-list.js';
import { monotonicNow } from '../deadline.js';
import { Fault, isFault } from '../fault.js';
import { assertCompatible, assertRunnable } from '../policy/compatibility.js';
import { parsePolicyName } from '../policy/identity.js';
import { decodeMetadata, type ExecutionMode, type Metadata } from '../policy/metadata.js';
import { encodeSettings } from '../policy/settings.js';

import { defaultExchangeLimits } from '../wapc/exchange.js';
import type { Resettability } from '../wasm/resettable.js';

import type { Reuse, SandboxCode } from './bridge/sandbox-code.js';
import type { LoadedPolicy, ReadyPolicy } from './loaded-policy.js';
import type { Loader } from './loader/loader.js';
import type { LoadedModule } from './loader/module-load.js';
import type { RuntimeSettings } from './options.js';
import { parsePolicyInput, type ParsedInput, type PolicyInput } from './policy-input.js';
import type { SandboxNumbers } from './sandbox-numbers.js';
import type { SandboxRules } from './sandbox-rules.js';

/** What loading needs of a runtime. */
export interface LoadingPorts {
  readonly loader: Loader;
  readonly settings: RuntimeSettings;
  readonly numbers: SandboxNumbers;
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

/** The modules of a batch by path, or by the bytes that were handed over; then by the limits they were read with. */
type Modules = Map<string | Uint8Array, Map<string, Promise<LoadedModule>>>;

async function loadModule({ source, sandbox: { limits } }: ParsedInput, modules: Modules, loader: Loader): Promise<LoadedModule> {
  const key = source.kind === 'bytes' ? source.bytes : source.path;
  const variants = modules.get(key) ?? new Map<string, Promise<LoadedModule>>();
  modules.set(key, variants);
  const variant = JSON.stringify(limits);
  const loading = variants.get(variant) ?? loader.load(source, limits);
  variants.set(variant, loading);
  return loading;
}

async function loadPolicy(id: string, input: PolicyInput, modules: Modules, ports: LoadingPorts): Promise<LoadedPolicy> {
  const { onEvent } = ports.settings;
  const startMs = monotonicNow();
  try {
    parsePolicyName(id);
    const parsed = parsePolicyInput(input, ports.settings.sandbox);
    const policy = readyPolicy(id, parsed, await loadModule(parsed, modules, ports.loader), ports);
    const { digest, freshBecause } = policy;
    onEvent({ kind: 'policy-loaded', policyId: id, digest, loadMs: monotonicNow() - startMs, ...(freshBecause === undefined ? {} : { freshBecause }) });
    return policy;
  } catch (thrown) {
    if (!isFault(thrown) || thrown.code === 'RUNTIME_CLOSED') throw thrown;
    onEvent({ kind: 'policy-refused', policyId: id, code: thrown.code, message: thrown.message });
    return { kind: 'unusable', id, fault: thrown };
  }
}

function readyPolicy(id: string, { definition, executionMode, sandbox: rules }: ParsedInput, loaded: LoadedModule, { settings, numbers, knownPaths }: LoadingPorts): ReadyPolicy {
  const metadata = loaded.metadata === undefined ? undefined : decodeMetadata(loaded.metadata);
  if (metadata === undefined && settings.requireMetadata) {
    throw new Fault('POLICY_INCOMPATIBLE', 'Policy is missing protocol version, which is required for KubewardenWapc execution mode');
  }
  assertServable(executionMode ?? metadata?.executionMode ?? modesByAbi[loaded.abi], metadata, loaded.abi);
  const { timeoutEvalSeconds } = definition;
  const callMs = timeoutEvalSeconds === undefined ? settings.policyTimeoutMs : timeoutEvalSeconds * 1000;
  const code = sandboxCode(loaded, rules);
  return {
    kind: 'ready',
    id,
    digest: loaded.digest,
    code,
    sandbox: numbers.numberFor(rules.isolation, loaded.digest, code),
    metadata,
    settings: encodeSettings(definition.settings),
    enforcement: { id, mode: definition.policyMode, allowedToMutate: definition.allowedToMutate, message: definition.message },
    grants: parseAllowList(definition.hostCapabilities, knownPaths),
    contextAwareResources: definition.contextAwareResources,
    limits: { start: rules.limits.startMs ?? callMs, call: callMs },
    rules,
    freshBecause: freshReason(loaded.resettability, rules),
  };
}

function sandboxCode({ module, layout, resettability }: LoadedModule, { isolation, repeatInit, limits }: SandboxRules): SandboxCode {
  const { hostCalls, guestAnswerBytes } = limits;
  const reuse: Reuse =
    isolation === 'request' ? { kind: 'never', because: 'asked-for' }
    : resettability.kind === 'resettable' ? { kind: 'reset', repeatsInit: repeatInit }
    : { kind: 'never', because: 'not-provable' };
  return { module, layout, reuse, limits: { ...defaultExchangeLimits, hostCalls, payloadBytes: guestAnswerBytes }, logLines: limits.logLines };
}

function freshReason(resettability: Resettability, { isolation }: SandboxRules): string | undefined {
  if (isolation === 'request') return 'the policy is configured so';
  return resettability.kind === 'resettable' ? undefined : resettability.reasons.join('; ');
}

const modesByAbi: Readonly<Record<LoadedModule['abi'], ExecutionMode>> = { 'wapc': 'kubewarden-wapc', 'wasi-command': 'wasi', 'opa': 'opa', 'unknown': 'kubewarden-wapc' };

/** Unless the caller names it, the metadata alone names the mode, as in the reference; a module without any is taken for what it looks like. */
function assertServable(executionMode: ExecutionMode, metadata: Metadata | undefined, abi: LoadedModule['abi']): void {
  if (metadata !== undefined) assertCompatible({ ...metadata, executionMode });
  assertRunnable(executionMode);
  // The loader has checked what looks like waPC; what claims to be and is not ends here.
  if (abi !== 'wapc') throw new Fault('MODULE_UNLINKABLE', 'Guest call function (__guest_call) not exported by wasm module.');
}
