// The three evaluation endpoints as data: how each reads its body, which response it gives back, and in which envelope.
import { parseAdmissionReview, parseRawReview, type AdmissionResponse } from 'wasmwarden';

import type { Endpoint } from './judge.js';

/** An endpoint with its path and its wire shapes. */
export interface EndpointRoute extends Endpoint {
  readonly path: string;
  readonly envelope: (response: AdmissionResponse) => unknown;
  /** Whether faults of the request are told as JSON or as plain text, as in the reference. */
  readonly jsonFaults: boolean;
}

const review = (response: AdmissionResponse): unknown => ({ kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', response });

/** `validate` is what an API server calls; `audit` gives the policy's own response, so that audits see monitor policies deny. */
export const endpointRoutes: readonly EndpointRoute[] = [
  { path: '/validate/:policyId', origin: 'validate', parse: parseAdmissionReview, choose: ({ response }) => response, envelope: review, jsonFaults: true },
  { path: '/audit/:policyId', origin: 'audit', parse: parseAdmissionReview, choose: ({ unprocessed }) => unprocessed, envelope: review, jsonFaults: false },
  { path: '/validate_raw/:policyId', origin: 'validate_raw', parse: parseRawReview, choose: ({ response }) => response, envelope: (response) => ({ response }), jsonFaults: false },
];
