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
  // Written out: the members keep the contract's order (0.3), in which spreading and adding would not leave them.
  const { status = {}, auditAnnotations, warnings, ...verdict } = response;
  const { status: outcome, reason, details: { causes = [], retry_after_seconds, ...named } = {}, code } = status;
  const cause = { reason: null, message: status.message ?? '', field: null };
  return {
    ...verdict,
    status: {
      ...(outcome === undefined ? {} : { status: outcome }),
      message,
      ...(reason === undefined ? {} : { reason }),
      details: { ...named, causes: [...causes, cause], ...(retry_after_seconds === undefined ? {} : { retry_after_seconds }) },
      ...(code === undefined ? {} : { code }),
    },
    auditAnnotations,
    warnings,
  };
}
