import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { Fault } from '../../../lib/fault.js';
import { answerFault, failedOperation, isVersionLost, retryAfterOf } from '../../../lib/kubernetes/api-fault.js';

const faults = suite('kubernetes/api-fault');

const nowMs = Date.UTC(2026, 0, 1);

const answers: readonly [status: number, reason: string, code: string, retryable: boolean][] = [
  [400, 'BadRequest', 'KUBERNETES_BAD_REQUEST', false],
  [401, 'Unauthorized', 'KUBERNETES_UNAUTHORIZED', false],
  [403, 'Forbidden', 'KUBERNETES_FORBIDDEN', false],
  [404, 'NotFound', 'KUBERNETES_NOT_FOUND', false],
  [405, 'MethodNotAllowed', 'KUBERNETES_REFUSED', false],
  [409, 'Conflict', 'KUBERNETES_CONFLICT', false],
  [409, 'AlreadyExists', 'KUBERNETES_ALREADY_EXISTS', false],
  [410, 'Expired', 'KUBERNETES_GONE', false],
  [413, 'RequestEntityTooLarge', 'KUBERNETES_TOO_LARGE', false],
  [422, 'Invalid', 'KUBERNETES_INVALID', false],
  [429, 'TooManyRequests', 'KUBERNETES_TOO_MANY_REQUESTS', true],
  [500, 'InternalError', 'KUBERNETES_UNAVAILABLE', true],
  [503, 'ServiceUnavailable', 'KUBERNETES_UNAVAILABLE', true],
  [504, 'Timeout', 'KUBERNETES_TIMEOUT', true],
];

for (const [status, reason, code, retryable] of answers) {
  faults(`${status} ${reason} is ${code}, ${retryable ? '' : 'not '}worth trying again`, () => {
    const fault = answerFault('get pods "a"', { httpStatus: status, body: { kind: 'Status', reason, message: 'because' } }, nowMs);
    assert.equal([fault.code, fault.retryable], [code, retryable]);
    assert.is(fault.message, `cannot get pods "a": the API server answered ${status} ${reason}: because`);
    assert.equal(fault.context, { status, reason, message: 'because' });
  });
}

faults('an answer of somebody in between is told by its status alone', () => {
  const fault = answerFault('get pods "a"', { httpStatus: 502, body: '<html>' }, nowMs);
  assert.is(fault.message, 'cannot get pods "a": the API server answered 502');
  assert.is(fault.code, 'KUBERNETES_UNAVAILABLE');
});

faults('a long message is cut', () => {
  const fault = answerFault('get pods "a"', { httpStatus: 403, body: { kind: 'Status', message: 'x'.repeat(100_000) } }, nowMs);
  assert.is(String(fault.context['message']).length, 4096);
});

const pauses: readonly [title: string, retryAfter: string | undefined, details: object, expected: number | undefined][] = [
  ['the header counts in seconds', '7', {}, 7000],
  ['the header may be a date', new Date(nowMs + 5000).toUTCString(), {}, 5000],
  ['the Status counts where there is no header', undefined, { retryAfterSeconds: 3 }, 3000],
  ['nobody asks for a pause', undefined, {}, undefined],
];

for (const [title, retryAfter, details, expected] of pauses) {
  faults(`a pause: ${title}`, () => {
    const fault = answerFault('x', { httpStatus: 429, retryAfter, body: JSON.parse(JSON.stringify({ kind: 'Status', details })) as null }, nowMs);
    assert.is(retryAfterOf(fault), expected);
  });
}

faults('what fails on the way is named with the operation', () => {
  const failed = failedOperation('get pods "a"', new Fault('HTTP_UNREACHABLE', 'host cannot be used: the connection was refused'));
  assert.instance(failed, Fault);
  assert.equal([(failed as Fault).code, (failed as Fault).retryable], ['KUBERNETES_UNREACHABLE', true]);
  assert.is((failed as Fault).message, 'cannot get pods "a": host cannot be used: the connection was refused');
});

faults('what is no trouble of the connection stays as it is', () => {
  const bug = new Error('bug');
  assert.is(failedOperation('x', bug), bug);
  const other = new Fault('KUBERNETES_CONFIG_INVALID', 'x');
  assert.is(failedOperation('x', other), other);
});

faults('a version is lost when it is too old, and when the storage has gone back in time', () => {
  assert.ok(isVersionLost(answerFault('x', { httpStatus: 410 }, 0)));
  const ahead = { kind: 'Status', reason: 'Timeout', details: { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }] } };
  assert.ok(isVersionLost(answerFault('x', { httpStatus: 504, body: ahead }, 0)));
  assert.not(isVersionLost(answerFault('x', { httpStatus: 504 }, 0)));
  assert.not(isVersionLost(answerFault('x', { httpStatus: 500, body: ahead }, 0)));
});

faults.run();
