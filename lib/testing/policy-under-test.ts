// A policy in a real sandbox, for tests of that policy: what it says to settings and requests, what it asked of its host, what
// it wrote.
import type { GuestLogged } from '../events.js';
import { encodeJson } from '../json/decode.js';
import type { JsonValue } from '../json/json-value.js';
import { parseAdmissionRequest, parseAdmissionReview, parseRawRequest, type Request } from '../policy/admission.js';
import type { ContextAwareResource, Settings } from '../policy/definition.js';
import type { SettingsVerdict } from '../policy/guest-contract.js';
import { createRuntime, type Runtime } from '../runtime/runtime.js';

import { scriptedHostCalls, type HostCallScript, type RecordedHostCall, type ScriptedHostCalls } from './host-call-script.js';
import { verdictOf, type Verdict } from './verdict.js';

/** How a policy is put to the test. */
export interface PolicyTestOptions {
  /** Settings of calls that bring none. */
  readonly settings?: Settings;
  /** What host calls are answered with; without it a host call fails with a sentence that says so. */
  readonly hostCalls?: HostCallScript;
  /** Host capabilities granted to the policy; default all. */
  readonly hostCapabilities?: readonly string[];
  readonly contextAwareResources?: readonly ContextAwareResource[];
  /** How long the policy may execute, in milliseconds; default 10,000, so that a slow machine fails no test. */
  readonly timeoutMs?: number;
}

/** A policy that can be asked. */
export class PolicyUnderTest implements AsyncDisposable {
  readonly #runtime: Runtime;
  readonly #module: string | URL | Uint8Array;
  readonly #options: PolicyTestOptions;
  readonly #scripted: ScriptedHostCalls;
  readonly #logs: GuestLogged[];
  /** One loaded policy per settings: a policy's settings are fixed when it is loaded. */
  readonly #ids = new Map<string, string>();

  /** @param parts made by `openPolicy` */
  constructor(parts: { readonly runtime: Runtime; readonly module: string | URL | Uint8Array; readonly options: PolicyTestOptions; readonly scripted: ScriptedHostCalls; readonly logs: GuestLogged[] }) {
    this.#runtime = parts.runtime;
    this.#module = parts.module;
    this.#options = parts.options;
    this.#scripted = parts.scripted;
    this.#logs = parts.logs;
  }

  /** Every host call so far, in order; replay it by giving it to another test as `hostCalls`. */
  get hostCalls(): readonly RecordedHostCall[] {
    return this.#scripted.calls;
  }

  /** Everything the policy wrote so far. */
  get logs(): readonly GuestLogged[] {
    return this.#logs;
  }

  /** Asks the policy whether settings are right. */
  async validateSettings(settings: Settings = this.#options.settings ?? {}): Promise<SettingsVerdict> {
    return this.#runtime.validateSettings(await this.#policyWith(settings));
  }

  /**
   * Puts a request to the policy.
   *
   * @param request an admission request or review as an object or as JSON bytes
   */
  async validate(request: object | Uint8Array, settings: Settings = this.#options.settings ?? {}): Promise<Verdict> {
    const bytes = bytesOf(request);
    const parsed = isReview(bytes) ? parseAdmissionReview(bytes) : parseAdmissionRequest(bytes);
    return this.#judge(parsed, parsed.object, settings);
  }

  /** Puts a raw request, of any JSON shape, to the policy. */
  async validateRaw(request: unknown, settings: Settings = this.#options.settings ?? {}): Promise<Verdict> {
    const parsed = parseRawRequest(encodeJson(request as JsonValue));
    return this.#judge(parsed, parsed.bytes, settings);
  }

  /** Ends the sandbox. */
  async close(): Promise<void> {
    await this.#runtime.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #judge(request: Request, base: Uint8Array | undefined, settings: Settings): Promise<Verdict> {
    const { response } = await this.#runtime.evaluate(await this.#policyWith(settings), request);
    return verdictOf(response, base === undefined ? undefined : JSON.parse(new TextDecoder().decode(base)));
  }

  async #policyWith(settings: Settings): Promise<string> {
    const key = JSON.stringify(settings);
    const id = this.#ids.get(key) ?? `policy-${this.#ids.size + 1}`;
    if (this.#ids.has(key)) return id;
    const { contextAwareResources = [], hostCapabilities = ['*'] } = this.#options;
    const loaded = await this.#runtime.load({ [id]: { module: this.#module, settings, allowedToMutate: true, hostCapabilities, contextAwareResources } });
    const policy = loaded.get(id);
    if (policy?.kind === 'unusable') throw policy.fault;
    this.#ids.set(key, id);
    return id;
  }
}

/**
 * Opens a policy for tests, in a sandbox of its own.
 *
 * @param module a file's path, a `file:` URL, or the module's bytes
 * @throws {Fault} when the module cannot be loaded, with the reason
 */
export async function openPolicy(module: string | URL | Uint8Array, options: PolicyTestOptions = {}): Promise<PolicyUnderTest> {
  const scripted = scriptedHostCalls(options.hostCalls ?? {});
  const logs: GuestLogged[] = [];
  const runtime = createRuntime({
    workers: 1,
    spareWorkers: 0,
    policyTimeoutMs: options.timeoutMs ?? 10_000,
    capabilities: scripted.capabilities,
    onEvent: (event) => {
      if (event.kind === 'guest-logged') logs.push(event);
    },
  });
  const policy = new PolicyUnderTest({ runtime, module, options, scripted, logs });
  try {
    // A module that cannot be loaded is told here and not at the first question.
    await policy.validateSettings();
    return policy;
  } catch (thrown) {
    await runtime.close();
    throw thrown;
  }
}

function bytesOf(request: object | Uint8Array): Uint8Array {
  return request instanceof Uint8Array ? request : encodeJson(request as JsonValue);
}

function isReview(bytes: Uint8Array): boolean {
  const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
  return typeof value === 'object' && value !== null && 'request' in value;
}
