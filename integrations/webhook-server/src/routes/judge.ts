// What the three evaluation routes share: content type, body, deadline, policy, and what they report.
import type { IncomingMessage } from 'node:http';

import { Fault, type AdmissionResponse, type Deadline, type Evaluation, type Request, type Runtime } from 'wasmwarden';
import { parsePolicyId } from 'wasmwarden/policy';

import type { BodyReader } from '../middleware/body-reader.js';
import type { Report, RequestOrigin } from '../telemetry/report.js';
import { isAboutSecret } from '../telemetry/secrecy.js';

/** What the routes run on. */
export interface RouteContext {
  readonly runtime: Runtime;
  readonly bodies: BodyReader;
  /** Why policies cannot be served although the server runs (`--continue-on-errors`), by policy id. */
  readonly problems: ReadonlyMap<string, string>;
  readonly alwaysAcceptedNamespace: string | undefined;
  readonly report: Report;
}

/** One HTTP request to one policy. */
export interface Call {
  readonly policyId: string;
  readonly incoming: IncomingMessage;
  readonly deadline: Deadline;
}

/** What tells the endpoints apart. */
export interface Endpoint {
  readonly origin: RequestOrigin;
  readonly parse: (bytes: Uint8Array) => Request;
  /** The processed response, or the policy's own. */
  readonly choose: (evaluation: Evaluation) => AdmissionResponse;
}

/**
 * Judges one call; the response is what goes back inside the endpoint's envelope.
 *
 * @throws {Fault} what fault-response.ts turns into an HTTP status
 */
export async function judge(context: RouteContext, endpoint: Endpoint, { policyId: text, incoming, deadline }: Call): Promise<AdmissionResponse> {
  assertJson(incoming.headers['content-type']);
  const body = await context.bodies.read(incoming);
  try {
    const policyId = parsePolicyId(text);
    const request = endpoint.parse(body.bytes);
    if (!context.runtime.policies.has(policyId) && !context.problems.has(policyId)) throw new Fault('POLICY_UNKNOWN', `unknown policy: ${policyId}`);
    const problem = context.problems.get(policyId);
    if (problem !== undefined) {
      context.report.unservable(policyId, problem);
      return { uid: request.uid, allowed: false, status: { message: problem, code: 500 }, auditAnnotations: null, warnings: null };
    }
    const evaluation = isAlwaysAccepted(context, request) ? accepted(policyId, request) : await context.runtime.evaluate(policyId, request, { deadline, withholdGuestOutput: isAboutSecret(request) });
    const response = endpoint.choose(evaluation);
    const { unprocessed, runMs } = evaluation;
    context.report.evaluated({ policyId, policyMode: modeOf(context.runtime, policyId), origin: endpoint.origin, request, response, unprocessed, runMs });
    return response;
  } finally {
    body.release();
  }
}

function assertJson(contentType: string | undefined): void {
  const essence = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (/^application\/([^/]+\+)?json$/.test(essence)) return;
  throw new Fault('CONTENT_TYPE_UNSUPPORTED', 'Expected request with `Content-Type: application/json`');
}

/** Requests of cluster scope have no namespace and are judged, the one about the Namespace object itself included. */
function isAlwaysAccepted({ alwaysAcceptedNamespace }: RouteContext, request: Request): boolean {
  return alwaysAcceptedNamespace !== undefined && request.kind === 'kubernetes' && request.namespace === alwaysAcceptedNamespace;
}

function accepted(policyId: string, { uid }: Request): Evaluation {
  const response: AdmissionResponse = { uid, allowed: true, auditAnnotations: null, warnings: null };
  return { policyId, response, unprocessed: response, waitMs: 0, runMs: 0 };
}

function modeOf(runtime: Runtime, policyId: string): 'protect' | 'monitor' {
  const policy = runtime.policies.get(policyId);
  return policy?.kind === 'ready' ? policy.enforcement.mode : 'protect';
}
