// The runtime: loads policies, validates their settings, evaluates requests, goes away. Composition only.
import { builtInCapabilities } from '../capabilities/built-in.js';
import { createDispatcher, type Dispatcher } from '../capabilities/dispatch.js';
import { never, type Deadline } from '../deadline.js';
import type { RuntimeEvent } from '../events.js';
import { Fault } from '../fault.js';
import { encodeJson } from '../json/decode.js';
import type { JsonValue } from '../json/json-value.js';
import { parseAdmissionReview, type Request } from '../policy/admission.js';
import { decodeProtocolVersion, operations, type ProtocolVersion, type SettingsVerdict } from '../policy/guest-contract.js';
import { rejection } from '../policy/response.js';
import { settingsVerdictOf } from '../policy/verdict.js';

import { evaluateRequest, runOperation, type Evaluation, type EvaluationPorts } from './evaluation.js';
import type { LoadedPolicy, ReadyPolicy } from './loaded-policy.js';
import { loadPolicies } from './load-policies.js';
import { Loader } from './loader/loader.js';
import { runtimeSettings, type RuntimeOptions, type RuntimeSettings } from './options.js';
import type { PolicyInput } from './policy-input.js';
import { Pool, type PoolPatience } from './pool/pool.js';
import { workerThreads } from './pool/worker-slot.js';
import { SandboxNumbers } from './sandbox-numbers.js';

/**
 * - An interrupted guest is out within a millisecond of processor time; a busy machine gets it later.
 * - A new instance takes as long as its start functions, which took their time before and were let pass.
 * - Ending a thread takes some milliseconds; one that takes this long is in an instruction that nothing interrupts.
 * - A host call that takes longer than an evaluation mostly does leaves its processor to others.
 */
const patience: PoolPatience = { interruptMs: 250, mendMs: 10_000, stopMs: 5_000, parkMs: 2 };

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
  readonly #loaders = new Set<Loader>();
  readonly #numbers = new SandboxNumbers();
  #policies: ReadonlyMap<string, LoadedPolicy> = new Map();
  #isClosed = false;

  constructor(options: RuntimeOptions) {
    this.#settings = runtimeSettings(options);
    const { workers, spareWorkers, parkedWorkers, queueSize, warmBytes, capabilities, onEvent } = this.#settings;
    this.#dispatcher = createDispatcher({ builtIn: builtInCapabilities(), added: capabilities });
    this.#pool = new Pool({
      limits: { workers, spares: spareWorkers, parked: parkedWorkers, queue: queueSize },
      startThread: workerThreads(warmBytes),
      patience,
      emit: onEvent,
    });
    this.#ports = { pool: this.#pool, dispatcher: this.#dispatcher, emit: onEvent };
    const { knownPaths } = this.#dispatcher;
    this.#discreetPorts = { ...this.#ports, emit: (event) => onEvent(discreet(event, knownPaths)) };
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
   * @throws {Fault} `RUNTIME_CLOSED`
   */
  async load(definitions: Readonly<Record<string, PolicyInput>>): Promise<ReadonlyMap<string, LoadedPolicy>> {
    if (this.#isClosed) throw new Fault('RUNTIME_CLOSED', 'The runtime is closed.');
    await using loader = new Loader();
    this.#loaders.add(loader);
    try {
      const loaded = await loadPolicies(definitions, { loader, settings: this.#settings, numbers: this.#numbers, knownPaths: this.#dispatcher.knownPaths });
      this.#policies = new Map([...this.#policies, ...loaded]);
      this.#retain();
      return loaded;
    } finally {
      this.#loaders.delete(loader);
    }
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

  /**
   * Settles what is pending with `RUNTIME_CLOSED`, ends every thread and waits until they are gone.
   *
   * A thread that cannot be ended is reported (`worker-stuck`) and not waited for.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#pool.close(), ...[...this.#loaders].map((loader) => loader[Symbol.asyncDispose]())]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Lets go of instances of policies that were replaced. */
  #retain(): void {
    const needed = new Set([...this.#policies.values()].flatMap((policy) => (policy.kind === 'ready' ? [policy.sandbox] : [])));
    const isNeeded = (sandbox: number): boolean => needed.has(sandbox);
    this.#pool.retain(isNeeded);
    this.#numbers.retain(isNeeded);
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

/** The event without words that a guest may have read in its request: lines, problems, names of capabilities that nobody knows. */
function discreet(event: RuntimeEvent, knownPaths: readonly string[]): RuntimeEvent {
  switch (event.kind) {
    case 'guest-logged':
      return { ...event, message: withheld, data: '{}' };
    case 'capability-failed':
      return { kind: event.kind, policyId: event.policyId, capability: event.capability, problem: withheld };
    case 'capability-denied':
      return knownPaths.includes(event.capability) ? event : { ...event, capability: withheld };
    default:
      return event;
  }
}

function requestOf(request: Request | Uint8Array | JsonValue): Request {
  if (isRequest(request)) return request;
  return parseAdmissionReview(request instanceof Uint8Array ? request : encodeJson(request));
}

function isRequest(value: Request | Uint8Array | JsonValue): value is Request {
  return typeof value === 'object' && value !== null && 'bytes' in value && value.bytes instanceof Uint8Array;
}

