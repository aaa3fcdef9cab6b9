// What the three evaluation routes share: content type, body, deadline, policy, and what they report.
import { Fault, type AdmissionResponse, type Evaluation, type Request, type Runtime } from 'wasmwarden';
import { parsePolicyId } from 'wasmwarden/policy';

import type { BodyReader, BodySource } from '../middleware/body-reader.js';
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
export interface Call extends BodySource {
  /** As it stands in the path, percent-decoded. */
  readonly policyId: string;
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
export async function judge(context: RouteContext, endpoint: Endpoint, call: Call): Promise<AdmissionResponse> {
  assertJson(call.request.headers['content-type']);
  const body = await context.bodies.read(call);
  try {
    // In this order, as in the reference: what is no JSON is told so whatever its path.
    const request = endpoint.parse(body.bytes);
    const policyId = parsePolicyId(call.policyId);
    const accepted = alwaysAccepted(context, policyId, request);
    const problem = accepted === undefined ? context.problems.get(policyId) : undefined;
    if (problem !== undefined) {
      context.report.unservable({ policyId, request, problem });
      return { uid: request.uid, allowed: false, status: { message: problem, code: 500 }, auditAnnotations: null, warnings: null };
    }
    const evaluation = accepted ?? (await context.runtime.evaluate(policyId, request, { deadline: call.deadline, withholdGuestOutput: isAboutSecret(request) }));
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

/**
 * The acceptance of a request in the namespace that is always accepted. Requests of cluster scope have no namespace and are
 * judged, those about the Namespace object itself included.
 *
 * @throws {Fault} `POLICY_UNKNOWN` for a policy that is not there, or whose module never came up (contract 5.7)
 */
function alwaysAccepted({ alwaysAcceptedNamespace, runtime }: RouteContext, policyId: string, request: Request): Evaluation | undefined {
  if (alwaysAcceptedNamespace === undefined || request.kind !== 'kubernetes' || request.namespace !== alwaysAcceptedNamespace) return undefined;
  if (runtime.policies.get(policyId)?.kind !== 'ready') throw new Fault('POLICY_UNKNOWN', `unknown policy: ${policyId}`);
  const response: AdmissionResponse = { uid: request.uid, allowed: true, auditAnnotations: null, warnings: null };
  return { policyId, response, unprocessed: response, waitMs: 0, runMs: 0 };
}

function modeOf(runtime: Runtime, policyId: string): 'protect' | 'monitor' {
  const policy = runtime.policies.get(policyId);
  return policy?.kind === 'ready' ? policy.enforcement.mode : 'protect';
}
