// The one way from a guest's host call to a capability: the only place that orders the checks, and the only one that
// decides which words of a failure enter the sandbox. How the call was carried (waPC, WASI, a thread) is not known here.

import { monotonicNow } from '../deadline.js';
import { isFault, messageOf } from '../fault.js';
import { decodeJson } from '../json/decode.js';
import { settledUnlessAborted } from './abort.js';
import { type AllowList, formatAllowList, isGranted } from './allow-list.js';
import type { CallContext, Capability, ReadRequest } from './capability.js';
import { ungatedNamespace } from './catalogue.js';
import { logForGuest } from './logging.js';
import { createRegister, type Register } from './register.js';
import { readJson } from './request.js';

/** A host call as the guest made it. The names are the guest's own: any text of any length. */
export interface HostCall {
  readonly binding: string;
  readonly namespace: string;
  readonly operation: string;
  readonly payload: Uint8Array;
}

/** What the guest gets: bytes, or one sentence. */
export type HostAnswer = { readonly kind: 'answered'; readonly payload: Uint8Array } | { readonly kind: 'refused'; readonly message: string };

/** Sizes in bytes a call may not exceed. */
export interface DispatchLimits {
  readonly maxPayloadBytes: number;
  readonly maxAnswerBytes: number;
}

/** 1 MiB in: requests are names, references and certificates. 32 MiB out: a list of a large cluster's objects, whole. */
export const defaultDispatchLimits: DispatchLimits = { maxPayloadBytes: 1024 * 1024, maxAnswerBytes: 32 * 1024 * 1024 };

export interface DispatcherOptions {
  /** The capabilities of the library that this runtime offers. */
  readonly builtIn: readonly Capability[];
  /** The embedder's own; one with the path of a built-in capability takes its place. */
  readonly added?: readonly Capability[];
  readonly limits?: Partial<DispatchLimits>;
}

/** Answers host calls. */
export interface Dispatcher {
  /** Every path a pattern may name, sorted: the catalogue's and those of the added capabilities. */
  readonly knownPaths: readonly string[];
  /** Answers one call; whatever a guest does and whatever a capability throws, this resolves. */
  readonly dispatch: (call: HostCall, grants: AllowList, context: CallContext) => Promise<HostAnswer>;
}

/** Longer names are cut in messages and events: they are the guest's to choose. */
const maxShownChars = 256;
const maxMessageChars = 4096;

/**
 * Makes the dispatcher of a runtime.
 *
 * @throws {Fault} `CAPABILITY_DUPLICATE` when a list holds one path twice
 * @throws {Fault} `CAPABILITY_PATH_INVALID` when a path is reserved or lies below another capability's path
 */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const register = createRegister(options.builtIn, options.added ?? []);
  const limits = { ...defaultDispatchLimits, ...options.limits };
  return {
    knownPaths: register.knownPaths,
    async dispatch(call, grants, context) {
      const found = find(call, grants, context, register);
      if (found.kind !== 'found') return found;
      const startMs = monotonicNow();
      const answer = await callCapability(found.capability, call.payload, context, limits);
      context.emit({
        kind: 'capability-called',
        policyId: context.policyId,
        capability: found.capability.path,
        ok: answer.kind === 'answered',
        durationMs: monotonicNow() - startMs,
      });
      return answer;
    },
  };
}

/** The checks on names and grants, in the order of the contract: a denied call never learns which names exist. */
function find(call: HostCall, grants: AllowList, context: CallContext, register: Register): HostAnswer | { readonly kind: 'found'; readonly capability: Capability } {
  const { binding, namespace, operation } = call;
  if (binding !== 'kubewarden') return refused(`unknown binding: ${shown(binding)}`);
  if (namespace === ungatedNamespace) {
    if (operation !== 'log') return refused(`unknown operation: ${shown(operation)}`);
    logForGuest(call.payload, context);
    return { kind: 'answered', payload: new Uint8Array(0) };
  }
  const path = `${namespace}/${operation}`;
  if (!isGranted(grants, path)) {
    context.emit({ kind: 'capability-denied', policyId: context.policyId, capability: shown(path), granted: formatAllowList(grants) });
    return refused(`Policy has not been granted access to the '${shown(path)}' host capability. The violation has been reported.`);
  }
  const entry = register.find(namespace, operation);
  switch (entry.kind) {
    case 'unknown-namespace':
      return refused(`unknown namespace: ${shown(namespace)}`);
    case 'unknown-operation':
      return refused(`unknown operation: ${shown(operation)}`);
    case 'not-offered':
      return failed(`the host capability '${path}' is not available in this runtime`);
    case 'found':
      return entry;
  }
}

async function callCapability(capability: Capability, payload: Uint8Array, context: CallContext, limits: DispatchLimits): Promise<HostAnswer> {
  const { path } = capability;
  if (payload.byteLength > limits.maxPayloadBytes) return refused(`the payload of ${payload.byteLength} bytes exceeds ${limits.maxPayloadBytes} bytes`);
  try {
    const document = readJson(() => decodeJson(payload));
    const request: ReadRequest = document.kind === 'unreadable' ? document : capability.read(document.value);
    if (request.kind === 'unreadable') return refused(request.message);
    const denial = request.denial(context);
    if (denial !== undefined) {
      context.emit({ kind: 'capability-denied', policyId: context.policyId, capability: path, granted: denial.granted });
      return refused(denial.message);
    }
    const settled = await settledUnlessAborted(() => request.answer(context), context.signal);
    if (settled.kind === 'aborted') return failed(`the call of '${path}' was given up, the evaluation has ended`);
    const bytes = encodeAnswer(settled.value);
    if (bytes.byteLength > limits.maxAnswerBytes) return failed(`the answer of ${bytes.byteLength} bytes exceeds ${limits.maxAnswerBytes} bytes`);
    return { kind: 'answered', payload: bytes };
  } catch (error) {
    if (isFault(error, 'CAPABILITY_REFUSED')) return failed(error.message);
    context.emit({ kind: 'capability-failed', policyId: context.policyId, capability: path, problem: messageOf(error), cause: error });
    return failed(`the host capability '${path}' failed, the reason has been reported to the operator`);
  }
}

function encodeAnswer(answer: unknown): Uint8Array {
  if (answer instanceof Uint8Array) return answer;
  if (answer === undefined) return new Uint8Array(0);
  return new TextEncoder().encode(JSON.stringify(answer));
}

function shown(name: string): string {
  return cut(name, maxShownChars);
}

function cut(text: string, maxChars: number): string {
  return text.length > maxChars ? `${text.slice(0, maxChars)}...` : text;
}

function refused(message: string): HostAnswer {
  return { kind: 'refused', message: cut(message, maxMessageChars) };
}

function failed(problem: string): HostAnswer {
  return refused(`Callback evaluation failure: ${problem}`);
}
