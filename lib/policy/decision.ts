// What the operator's configuration makes of a policy's response (contract 5.7): monitor mode, mutation guard, custom message.
import type { AdmissionResponse } from './response.js';

/** The part of a policy's definition that decides over its responses. */
export interface Enforcement {
  readonly id: string;
  /** `monitor` lets everything through and reports; `protect` enforces. */
  readonly mode: 'protect' | 'monitor';
  readonly allowedToMutate: boolean;
  /** Replaces the policy's own message on rejection; the original is kept as a cause. */
  readonly message: string | undefined;
}

/** The response that leaves the engine: each step in the contract's order. */
export function decide(response: AdmissionResponse, enforcement: Enforcement): AdmissionResponse {
  if (enforcement.mode === 'monitor') return monitored(response);
  return withCustomMessage(withMutationGuard(response, enforcement), enforcement.message);
}

function monitored({ uid, auditAnnotations, warnings }: AdmissionResponse): AdmissionResponse {
  return { uid, allowed: true, auditAnnotations, warnings };
}

function withMutationGuard(response: AdmissionResponse, { id, allowedToMutate }: Enforcement): AdmissionResponse {
  if (allowedToMutate || response.patch === undefined) return response;
  const message = `Request rejected by policy ${id}. The policy attempted to mutate the request, but it is currently configured to not allow mutations.`;
  return { uid: response.uid, allowed: false, status: { message }, auditAnnotations: response.auditAnnotations, warnings: response.warnings };
}

function withCustomMessage(response: AdmissionResponse, message: string | undefined): AdmissionResponse {
  if (response.allowed || message === undefined) return response;
  const { status } = response;
  const cause = { reason: null, message: status?.message ?? '', field: null };
  const details = { ...status?.details, causes: [...(status?.details?.causes ?? []), cause] };
  return { ...response, status: { ...status, message, details } };
}
