// The constructors of responses, field order included: it is what the reference prints.
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { acceptance, internalError, rejection } from '../../../lib/policy/response.js';

const response = suite('policy/response');

const cases: readonly (readonly [string, object, string])[] = [
  ['an acceptance', acceptance('u'), '{"uid":"u","allowed":true,"auditAnnotations":null,"warnings":null}'],
  ['a rejection', rejection('u', 'no'), '{"uid":"u","allowed":false,"status":{"message":"no"},"auditAnnotations":null,"warnings":null}'],
  ['a rejection with a code', rejection('u', 'no', 500), '{"uid":"u","allowed":false,"status":{"message":"no","code":500},"auditAnnotations":null,"warnings":null}'],
  ['an internal error', internalError('u', 'x'), '{"uid":"u","allowed":false,"status":{"message":"internal server error: x","code":500},"auditAnnotations":null,"warnings":null}'],
];
for (const [title, value, expected] of cases) response(title, () => assert.is(JSON.stringify(value), expected));

response.run();
