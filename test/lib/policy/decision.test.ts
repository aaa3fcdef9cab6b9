// What the operator's configuration makes of a response (contract 5.7): every combination.
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { decide, type Enforcement } from '../../../lib/policy/decision.js';
import { acceptance, internalError, rejection, type AdmissionResponse } from '../../../lib/policy/response.js';

const decision = suite('policy/decision');

const notes = { auditAnnotations: { key: 'value' }, warnings: ['careful'] };
const patch = { patchType: 'JSONPatch' as const, patch: 'W10=' };
const guardMessage = 'Request rejected by policy p. The policy attempted to mutate the request, but it is currently configured to not allow mutations.';

const enforcement = (changes: Partial<Enforcement> = {}): Enforcement => ({ id: 'p', mode: 'protect', allowedToMutate: false, message: undefined, ...changes });
const cause = (message: string) => ({ reason: null, message, field: null });

const allowed: AdmissionResponse = { uid: 'u', allowed: true, ...notes };
const mutated: AdmissionResponse = { uid: 'u', allowed: true, ...patch, ...notes };
const denied: AdmissionResponse = { uid: 'u', allowed: false, status: { message: 'no', code: 409 }, ...notes };
const deniedMutation: AdmissionResponse = { uid: 'u', allowed: false, ...patch, status: { message: 'no', code: 409 }, ...notes };
const deniedSilently: AdmissionResponse = { uid: 'u', allowed: false, ...notes };
const failed: AdmissionResponse = internalError('u', 'Guest call failure: x');

const guarded: AdmissionResponse = { uid: 'u', allowed: false, status: { message: guardMessage }, ...notes };
const monitored: AdmissionResponse = { uid: 'u', allowed: true, ...notes };
const custom = (code: object, original: string): AdmissionResponse => ({ uid: 'u', allowed: false, status: { ...code, message: 'custom', details: { causes: [cause(original)] } }, ...notes });

/** Response; then what becomes of it when mutation is allowed or not, without and with a custom message. */
const table: readonly (readonly [string, AdmissionResponse, { readonly mutable: AdmissionResponse; readonly fixed: AdmissionResponse }, { readonly mutable: AdmissionResponse; readonly fixed: AdmissionResponse }])[] = [
  ['an acceptance', allowed, { mutable: allowed, fixed: allowed }, { mutable: allowed, fixed: allowed }],
  ['a mutation', mutated, { mutable: mutated, fixed: guarded }, { mutable: mutated, fixed: custom({}, guardMessage) }],
  ['a denial', denied, { mutable: denied, fixed: denied }, { mutable: custom({ code: 409 }, 'no'), fixed: custom({ code: 409 }, 'no') }],
  ['a denial with a patch', deniedMutation, { mutable: deniedMutation, fixed: guarded }, { mutable: { ...custom({ code: 409 }, 'no'), ...patch }, fixed: custom({}, guardMessage) }],
  ['a denial without a status', deniedSilently, { mutable: deniedSilently, fixed: deniedSilently }, { mutable: custom({}, ''), fixed: custom({}, '') }],
];
for (const [title, response, plain, withMessage] of table) {
  decision(`${title} by a policy that may mutate`, () => assert.equal(decide(response, enforcement({ allowedToMutate: true })), plain.mutable));
  decision(`${title} by a policy that must not mutate`, () => assert.equal(decide(response, enforcement()), plain.fixed));
  decision(`${title} by a policy with a message that may mutate`, () => assert.equal(decide(response, enforcement({ allowedToMutate: true, message: 'custom' })), withMessage.mutable));
  decision(`${title} by a policy with a message that must not mutate`, () => assert.equal(decide(response, enforcement({ message: 'custom' })), withMessage.fixed));
  for (const allowedToMutate of [true, false]) {
    for (const message of [undefined, 'custom']) {
      decision(`${title} by a monitoring policy (may mutate: ${allowedToMutate}, message: ${message ?? 'none'})`, () => {
        assert.equal(decide(response, enforcement({ mode: 'monitor', allowedToMutate, message })), monitored);
      });
    }
  }
}

decision('a failed evaluation is denied with the custom message and lets through under monitoring', () => {
  assert.equal(decide(failed, enforcement()), failed);
  assert.equal(decide(failed, enforcement({ message: 'custom' })).status, { message: 'custom', code: 500, details: { causes: [cause('internal server error: Guest call failure: x')] } });
  assert.equal(decide(failed, enforcement({ mode: 'monitor' })), acceptance('u'));
});

decision('an empty custom message is a message', () => {
  assert.equal(decide(rejection('u', 'no'), enforcement({ message: '' })).status, { message: '', details: { causes: [cause('no')] } });
});

decision("the other fields of a status stay when a message replaces the policy's own", () => {
  const status = { status: 'Failure' as const, message: 'no', reason: 'Forbidden', code: 403, details: { name: 'n', causes: [cause('first')], retry_after_seconds: 3 } };
  assert.equal(decide({ ...denied, status }, enforcement({ message: 'custom' })).status, {
    status: 'Failure', message: 'custom', reason: 'Forbidden', code: 403, details: { name: 'n', causes: [cause('first'), cause('no')], retry_after_seconds: 3 },
  });
});

decision('a monitored response has no key for what was dropped', () => {
  assert.equal(Object.keys(decide(deniedMutation, enforcement({ mode: 'monitor' }))), ['uid', 'allowed', 'auditAnnotations', 'warnings']);
});

decision('a response is not changed in place', () => {
  const before = JSON.stringify(deniedMutation);
  decide(deniedMutation, enforcement({ message: 'custom' }));
  decide(deniedMutation, enforcement({ mode: 'monitor' }));
  assert.is(JSON.stringify(deniedMutation), before);
});

decision.run();
