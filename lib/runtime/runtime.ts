// The runtime: loads policies, validates their settings, evaluates requests, goes away. Composition only.
import { parseAllowList } from '../capabilities/allow-list.js';
import { builtInCapabilities } from '../capabilities/built-in.js';
import { createDispatcher, type Dispatcher } from '../capabilities/dispatch.js';
import { never, type Deadline } from '../deadline.js';
import type { EventSink } from '../events.js';
import { Fault, isFault } from '../fault.js';
import { encodeJson } from '../json/decode.js';
import type { JsonValue } from '../json/json-value.js';
import { parseAdmissionReview, type Request } from '../policy/admission.js';
import { assertCompatible, assertRunnable } from '../policy/compatibility.js';
import type { PolicyDefinition } from '../policy/definition.js';
import { decodeProtocolVersion, operations, type ProtocolVersion, type SettingsVerdict } from '../policy/guest-contract.js';
import { parsePolicyName } from '../policy/identity.js';
import { decodeMetadata, type ExecutionMode, type Metadata } from '../policy/metadata.js';
import { rejection } from '../policy/response.js';
import { encodeSettings } from '../policy/settings.js';
import { settingsVerdictOf } from '../policy/verdict.js';
import { defaultExchangeLimits } from '../wapc/exchange.js';

import { evaluateRequest, runOperation, type Evaluation, type EvaluationPorts } from './evaluation.js';
import type { LoadedPolicy, ReadyPolicy } from './loaded-policy.js';
import { Loader } from './loader/loader.js';
import type { LoadedModule } from './loader/module-load.js';
import { runtimeSettings, type RuntimeOptions, type RuntimeSettings } from './options.js';
import { parsePolicyInput, type ParsedInput, type PolicyInput } from './policy-input.js';
import { Pool } from './pool/pool.js';

/** How one evaluation is asked for. */
export interface EvaluateOptions {
  /** When nobody wants the answer any more, the wait for a worker included; see `deadlineAfter`. Default: never. */
  readonly deadline?: Deadline;
  /** Withhold what the guest writes from the events, for a request that holds secrets. Default false. */
  readonly withholdGuestOutput?: boolean;
}

const withheld = 'withheld: the request may hold secrets';

/** Runs policies in sandboxed threads. Made by `createRuntime`. */
export class Runtime implements AsyncDisposable {
  readonly #settings: RuntimeSettings;
  readonly #dispatcher: Dispatcher;
  readonly #ports: EvaluationPorts;
  /** The same, without the guest's words in the events. */
  readonly #discreetPorts: EvaluationPorts;
  readonly #pool: Pool;
  readonly #emit: EventSink;
  #policies: ReadonlyMap<string, LoadedPolicy> = new Map();

  constructor(options: RuntimeOptions) {
    this.#settings = runtimeSettings(options);
    this.#emit = options.onEvent ?? ((): void => undefined);
    this.#dispatcher = createDispatcher({ builtIn: builtInCapabilities(), added: options.capabilities ?? [] });
    const { workers, spareWorkers, queueSize } = this.#settings;
    this.#pool = new Pool({ limits: { workers, spares: spareWorkers, queue: queueSize }, exchange: defaultExchangeLimits, emit: this.#emit });
    this.#ports = { pool: this.#pool, dispatcher: this.#dispatcher, emit: this.#emit };
    this.#discreetPorts = { ...this.#ports, emit: (event) => this.#emit(event.kind === 'guest-logged' ? { ...event, message: withheld, data: '{}' } : event) };
  }

  /** Every policy by id, with the reason where one is unusable. */
  get policies(): ReadonlyMap<string, LoadedPolicy> {
    return this.#policies;
  }

  /** How many evaluations wait for a worker, and how many run. */
  get occupancy(): { readonly waiting: number; readonly running: number } {
    return this.#pool.occupancy;
  }

  /**
   * Loads policies by id and adds them to those that are there; one of the same id is replaced.
   *
   * A policy that cannot be loaded is kept as unusable, with the reason; it stops no other. Modules are read and compiled
   * off the calling thread, each distinct one once.
   *
   * @returns the policies given, as they were loaded
   */
  async load(definitions: Readonly<Record<string, PolicyInput>>): Promise<ReadonlyMap<string, LoadedPolicy>> {
    const { maxMemoryPages, maxTableElements, loadTimeoutMs } = this.#settings;
    await using loader = new Loader({ memoryPages: maxMemoryPages, tableElements: maxTableElements }, loadTimeoutMs);
    const modules = new Map<string, Promise<LoadedModule>>();
    const loaded = new Map<string, LoadedPolicy>();
    for (const [id, input] of Object.entries(definitions)) loaded.set(id, await this.#loadPolicy(id, input, loader, modules));
    this.#policies = new Map([...this.#policies, ...loaded]);
    return loaded;
  }

  /**
   * Asks a policy whether its settings are right.
   *
   * @throws {Fault} `POLICY_UNKNOWN`; the policy's own fault when it is unusable; `POLICY_START_FAILED`; the pool's faults
   */
  async validateSettings(id: string, { deadline = never }: EvaluateOptions = {}): Promise<SettingsVerdict> {
    const policy = this.#ready(id);
    const { outcome } = await runOperation(this.#ports, policy, { operation: operations.validateSettings, payload: policy.settings, deadline });
    return settingsVerdictOf(outcome);
  }

  /**
   * Asks a policy for the version of the Kubewarden protocol it speaks.
   *
   * @throws {Fault} `GUEST_ANSWER_INVALID`, and as `validateSettings`
   */
  async protocolVersion(id: string, { deadline = never }: EvaluateOptions = {}): Promise<ProtocolVersion> {
    const { outcome } = await runOperation(this.#ports, this.#ready(id), { operation: operations.protocolVersion, payload: new Uint8Array(0), deadline });
    if (outcome.kind === 'answered') return decodeProtocolVersion(outcome.payload);
    const reason = outcome.kind === 'expired' ? 'guest code interrupted, execution deadline exceeded' : outcome.message;
    throw new Fault('GUEST_ANSWER_INVALID', `cannot invoke 'protocol_version' waPC function : Guest call failure: ${reason}`);
  }

  /**
   * Judges a request by a policy. Whatever the policy does becomes a response; an unusable policy rejects with its reason.
   *
   * @param request a parsed request, or an AdmissionReview as bytes or as an object
   * @throws {Fault} `POLICY_UNKNOWN`, `POLICY_START_FAILED`, `REVIEW_INVALID` and `JSON_*`, `POOL_SATURATED`,
   *   `REQUEST_DEADLINE_EXCEEDED`, `RUNTIME_CLOSED`
   */
  async evaluate(id: string, request: Request | Uint8Array | JsonValue, { deadline = never, withholdGuestOutput = false }: EvaluateOptions = {}): Promise<Evaluation> {
    const policy = this.#find(id);
    const parsed = requestOf(request);
    if (policy.kind === 'ready') return evaluateRequest(withholdGuestOutput ? this.#discreetPorts : this.#ports, policy, parsed, deadline);
    const response = rejection(parsed.uid, policy.fault.message, 500);
    return { policyId: id, response, unprocessed: response, waitMs: 0, runMs: 0 };
  }

  /** Settles what is pending with `RUNTIME_CLOSED`, ends every thread and waits until they are gone. */
  async close(): Promise<void> {
    await this.#pool.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #loadPolicy(id: string, input: PolicyInput, loader: Loader, modules: Map<string, Promise<LoadedModule>>): Promise<LoadedPolicy> {
    const start = performance.now();
    try {
      parsePolicyName(id);
      const policy = this.#readyPolicy(id, ...(await loadInput(input, loader, modules)));
      this.#emit({ kind: 'policy-loaded', policyId: id, digest: policy.digest, loadMs: performance.now() - start });
      return policy;
    } catch (thrown) {
      if (!isFault(thrown)) throw thrown;
      this.#emit({ kind: 'policy-refused', policyId: id, code: thrown.code, message: thrown.message });
      return { kind: 'unusable', id, fault: thrown };
    }
  }

  #readyPolicy(id: string, definition: PolicyDefinition, loaded: LoadedModule): ReadyPolicy {
    const metadata = loaded.metadata === undefined ? undefined : decodeMetadata(loaded.metadata);
    assertServable(metadata, loaded.abi, this.#settings.requireMetadata);
    const { timeoutEvalSeconds } = definition;
    return {
      kind: 'ready',
      id,
      digest: loaded.digest,
      module: loaded.module,
      metadata,
      settings: encodeSettings(definition.settings),
      enforcement: { id, mode: definition.policyMode, allowedToMutate: definition.allowedToMutate, message: definition.message },
      grants: parseAllowList(definition.hostCapabilities, this.#dispatcher.knownPaths),
      contextAwareResources: definition.contextAwareResources,
      limitMs: timeoutEvalSeconds === undefined ? this.#settings.policyTimeoutMs : timeoutEvalSeconds * 1000,
    };
  }

  #find(id: string): LoadedPolicy {
    const policy = this.#policies.get(id);
    if (policy === undefined) throw new Fault('POLICY_UNKNOWN', `unknown policy: ${id}`);
    return policy;
  }

  #ready(id: string): ReadyPolicy {
    const policy = this.#find(id);
    if (policy.kind === 'unusable') throw policy.fault;
    return policy;
  }
}

/**
 * Creates a runtime and starts its threads.
 *
 * @throws {Fault} `RUNTIME_OPTIONS_INVALID`, `CAPABILITY_DUPLICATE`
 */
export function createRuntime(options: RuntimeOptions = {}): Runtime {
  return new Runtime(options);
}

async function loadInput(input: PolicyInput, loader: Loader, modules: Map<string, Promise<LoadedModule>>): Promise<[PolicyDefinition, LoadedModule]> {
  const { definition, source }: ParsedInput = parsePolicyInput(input);
  if (source.kind === 'bytes') return [definition, await loader.load(source)];
  const loading = modules.get(source.path) ?? loader.load(source);
  modules.set(source.path, loading);
  return [definition, await loading];
}

const modesByAbi: Readonly<Record<LoadedModule['abi'], ExecutionMode>> = { 'wapc': 'kubewarden-wapc', 'wasi-command': 'wasi', 'opa': 'opa', 'unknown': 'kubewarden-wapc' };

/** The metadata alone names the mode, as in the reference; a module without any is taken for what it looks like. */
function assertServable(metadata: Metadata | undefined, abi: LoadedModule['abi'], requireMetadata: boolean): void {
  if (metadata !== undefined) assertCompatible(metadata);
  else if (requireMetadata) throw new Fault('POLICY_INCOMPATIBLE', 'Policy is missing protocol version, which is required for KubewardenWapc execution mode');
  assertRunnable(metadata?.executionMode ?? modesByAbi[abi]);
  // The loader has checked what looks like waPC; what claims to be and is not ends here.
  if (abi !== 'wapc') throw new Fault('MODULE_UNLINKABLE', 'Guest call function (__guest_call) not exported by wasm module.');
}

function requestOf(request: Request | Uint8Array | JsonValue): Request {
  if (isRequest(request)) return request;
  return parseAdmissionReview(request instanceof Uint8Array ? request : encodeJson(request));
}

function isRequest(value: Request | Uint8Array | JsonValue): value is Request {
  return typeof value === 'object' && value !== null && 'bytes' in value && value.bytes instanceof Uint8Array;
}

