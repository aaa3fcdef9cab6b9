import { Fault } from 'wasmwarden';
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { faultResponse } from '../../../../integrations/webhook-server/src/middleware/fault-response.js';

const response = suite('webhook-server/middleware/fault-response');

const cases: readonly (readonly [string, number, string])[] = [
  ['POLICY_UNKNOWN', 404, 'text'],
  ['CONTENT_TYPE_UNSUPPORTED', 415, 'text'],
  ['BODY_TOO_LARGE', 413, 'text'],
  ['JSON_SYNTAX', 400, 'Failed to parse the request body as JSON: text'],
  ['JSON_NOT_UTF8', 400, 'Failed to parse the request body as JSON: text'],
  ['JSON_TOO_DEEP', 400, 'Failed to parse the request body as JSON: text'],
  ['JSON_DUPLICATE_KEY', 422, 'Failed to deserialize the JSON body into the target type: text'],
  ['REVIEW_INVALID', 422, 'Failed to deserialize the JSON body into the target type: text'],
  ['POOL_SATURATED', 503, 'text'],
  ['REQUEST_DEADLINE_EXCEEDED', 503, 'text'],
  ['BODY_BUDGET_EXHAUSTED', 503, 'text'],
  ['RUNTIME_CLOSED', 503, 'The policy-server is shutting down.'],
  ['POLICY_START_FAILED', 500, 'Something went wrong'],
  ['POLICY_ID_INVALID', 500, 'Something went wrong'],
  ['toString', 500, 'Something went wrong'],
];
for (const [code, status, message] of cases) response(`${code} is answered with ${status}`, () => assert.equal(faultResponse(new Fault(code, 'text')), { status, message }));

response('a bug tells the caller nothing', () => assert.equal(faultResponse(new Error('secret detail')), { status: 500, message: 'Something went wrong' }));

response.run();
