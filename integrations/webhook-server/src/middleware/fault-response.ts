// The one exit for faults: which HTTP status and words a fault of the surroundings becomes (contract 5.6). What a policy
// does is never a fault; it is answered with 200 and a verdict.
import { isFault, type Fault } from 'wasmwarden';

/** A status with its body; `retried` requests are those that a later attempt may serve. */
export interface FaultResponse {
  readonly status: number;
  readonly message: string;
}

const overload = 503;

/** How each code is answered; a code that is not here is "Something went wrong", with the details only in the log. */
const responses: Readonly<Record<string, (fault: Fault) => FaultResponse>> = {
  POLICY_UNKNOWN: ({ message }) => ({ status: 404, message }),
  CONTENT_TYPE_UNSUPPORTED: ({ message }) => ({ status: 415, message }),
  BODY_TOO_LARGE: ({ message }) => ({ status: 413, message }),
  BODY_ABORTED: ({ message }) => ({ status: 400, message }),
  JSON_NOT_UTF8: syntax,
  JSON_SYNTAX: syntax,
  JSON_TOO_DEEP: syntax,
  JSON_DUPLICATE_KEY: shape,
  REVIEW_INVALID: shape,
  BODY_BUDGET_EXHAUSTED: ({ message }) => ({ status: overload, message }),
  POOL_SATURATED: ({ message }) => ({ status: overload, message }),
  POOL_UNAVAILABLE: ({ message }) => ({ status: overload, message }),
  REQUEST_DEADLINE_EXCEEDED: ({ message }) => ({ status: overload, message }),
  RUNTIME_CLOSED: () => ({ status: overload, message: 'The policy-server is shutting down.' }),
};

/** The answer to anything that was thrown. */
export function faultResponse(thrown: unknown): FaultResponse {
  const known = isFault(thrown) && Object.hasOwn(responses, thrown.code) ? responses[thrown.code] : undefined;
  return known === undefined || !isFault(thrown) ? { status: 500, message: 'Something went wrong' } : known(thrown);
}

function syntax({ message }: Fault): FaultResponse {
  return { status: 400, message: `Failed to parse the request body as JSON: ${message}` };
}

function shape({ message }: Fault): FaultResponse {
  return { status: 422, message: `Failed to deserialize the JSON body into the target type: ${message}` };
}
