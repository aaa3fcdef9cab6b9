// What a host capability is, and how one is defined. The order in which a call is checked is in dispatch.ts.

import type { z } from 'zod';

import type { Deadline } from '../deadline.js';
import type { EventSink } from '../events.js';
import { Fault } from '../fault.js';
import { readRequest } from './request.js';

/** One kind of Kubernetes object that a policy may read. */
export interface KubernetesKind {
  readonly apiVersion: string;
  readonly kind: string;
}

/** On whose behalf a capability is called, and for how long. */
export interface CallContext {
  readonly policyId: string;
  /** Fires when nobody waits for the answer any more: the evaluation expired or its worker died. */
  readonly signal: AbortSignal;
  readonly deadline: Deadline;
  /** The kinds the policy was granted (`contextAwareResources`), in the order of its definition. */
  readonly contextAwareResources: readonly KubernetesKind[];
  readonly emit: EventSink;
}

/** Why a call is not granted: the guest gets `message` as it is, the operator also sees what was `granted`. */
export interface Denial {
  readonly message: string;
  readonly granted: string;
}

/** A guest's request after reading: either unreadable, or ready to be gated and answered. */
export type ReadRequest =
  | { readonly kind: 'unreadable'; readonly message: string }
  | {
      readonly kind: 'readable';
      readonly denial: (context: CallContext) => Denial | undefined;
      readonly answer: (context: CallContext) => Promise<unknown>;
    };

/** A host capability: one operation that the host offers to policies. */
export interface Capability {
  /** `{namespace}/{operation}`, for example `net/v1/dns_lookup_host`. */
  readonly path: string;
  /** Checks a decoded JSON payload against the capability's request schema. */
  readonly read: (document: unknown) => ReadRequest;
}

/** What `defineCapability` takes. */
export interface CapabilityDefinition<Request, Answer> {
  /** `{namespace}/{operation}`: two or more segments of letters, digits, `_`, `-` and `.`. */
  readonly path: string;
  readonly request: z.ZodType<Request>;
  /** Checked when given, and only the fields it declares reach the guest. */
  readonly answer?: z.ZodType<unknown, Answer>;
  /** An allow list of the capability's own, asked after the payload was read and before `handle`. */
  readonly gate?: (request: Request, context: CallContext) => Denial | undefined;
  /**
   * Does the work. The result is encoded as JSON; a `Uint8Array` goes out as it is, `undefined` as no bytes.
   *
   * Throw a `refusal` for a failure the guest may read about; anything else that is thrown reaches only the events.
   */
  readonly handle: (request: Request, context: CallContext) => Answer | Uint8Array | Promise<Answer | Uint8Array>;
}

export type CapabilityFaultCode = 'CAPABILITY_PATH_INVALID' | 'CAPABILITY_DUPLICATE' | 'CAPABILITY_PATTERN_INVALID' | 'CAPABILITY_REFUSED';

const pathPattern = /^[\w.-]+(?:\/[\w.-]+)+$/;

/**
 * Makes a host capability out of a path, a request schema and a handler.
 *
 * @throws {Fault} `CAPABILITY_PATH_INVALID` when the path is not of the form `{namespace}/{operation}`
 */
export function defineCapability<Request, Answer>(definition: CapabilityDefinition<Request, Answer>): Capability {
  const { path, request: schema, answer: answerSchema, gate, handle } = definition;
  if (!pathPattern.test(path)) {
    throw new Fault<CapabilityFaultCode>(
      'CAPABILITY_PATH_INVALID',
      `cannot define the capability '${path}': a path is two or more segments of letters, digits, '_', '-' and '.', joined by '/'`,
      { context: { path } },
    );
  }
  return {
    path,
    read(document) {
      const request = readRequest(schema, document);
      if (request.kind === 'unreadable') return request;
      return {
        kind: 'readable',
        denial: (context) => gate?.(request.value, context),
        async answer(context) {
          const answer = await handle(request.value, context);
          return answer instanceof Uint8Array || answerSchema === undefined ? answer : answerSchema.parse(answer);
        },
      };
    },
  };
}

/**
 * A failure that the guest may read about: it receives `Callback evaluation failure: {message}`.
 *
 * The message enters the sandbox: no path, no credential, no text of a library's own.
 */
export function refusal(message: string, cause?: unknown): Fault<'CAPABILITY_REFUSED'> {
  return new Fault('CAPABILITY_REFUSED', message, { cause });
}
