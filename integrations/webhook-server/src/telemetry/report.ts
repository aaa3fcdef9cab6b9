// What the routes tell about each request that reached a policy; metrics and logs are made of it.
import type { AdmissionResponse, Request } from 'wasmwarden';

/** Which endpoint a request came to. */
export type RequestOrigin = 'validate' | 'audit' | 'validate_raw';

/** One request that was judged, or answered in a policy's place. */
export interface EvaluationReport {
  readonly policyId: string;
  readonly policyMode: 'protect' | 'monitor';
  readonly origin: RequestOrigin;
  readonly request: Request;
  /** What went back. */
  readonly response: AdmissionResponse;
  /** What the policy itself said: what metrics count. */
  readonly unprocessed: AdmissionResponse;
  /** Milliseconds in the sandbox. */
  readonly runMs: number;
}

/** A request to a policy that could not be initialised, and why. */
export interface UnservableRequest {
  readonly policyId: string;
  readonly request: Request;
  readonly problem: string;
}

/** Receives what the routes have to tell. */
export interface Report {
  evaluated(report: EvaluationReport): void;
  unservable(request: UnservableRequest): void;
  /** A request that ended in a fault. */
  failed(path: string, status: number, thrown: unknown): void;
}
