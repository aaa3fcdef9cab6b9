import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { required } from '../../../../integrations/k8s-controller/src/validation/field-error.js';
import { allowedAnswer, invalidAnswer, malformedAnswer, parseReview, type ReviewRequest } from '../../../../integrations/k8s-controller/src/validation/review.js';

const reviews = suite('k8s-controller/validation/review');

const document = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request: { uid: 'u', kind: { group: 'policies.kubewarden.io', version: 'v1', kind: 'PolicyServer' }, name: 'a', operation: 'CREATE', object: { metadata: {} }, oldObject: null } };
const request: ReviewRequest = { apiVersion: 'admission.k8s.io/v1', uid: 'u', kind: 'PolicyServer', name: 'a', operation: 'CREATE', object: {}, oldObject: undefined };

reviews('reads a review; no old object is none', () => {
  const parsed = parseReview(document);
  assert.equal('problem' in parsed ? parsed : { ...parsed, object: undefined }, { ...request, object: undefined });
});

reviews('reads the older version too, and answers in it', () => {
  const parsed = parseReview({ ...document, apiVersion: 'admission.k8s.io/v1beta1' });
  assert.is(!('problem' in parsed) && allowedAnswer(parsed).apiVersion, 'admission.k8s.io/v1beta1');
});

for (const [title, value, problem] of [
  ['no object', 'text', /the body is no AdmissionReview/],
  ['another kind', { ...document, kind: 'Review' }, /the body is no AdmissionReview/],
  ['an unknown version', { ...document, apiVersion: 'admission.k8s.io/v2' }, /the body is no AdmissionReview/],
  ['no request', { ...document, request: undefined }, /request/],
  ['somebody else\'s resource', { ...document, request: { ...document.request, kind: { kind: 'Pod' } } }, /about a Pod/],
] as const) {
  reviews(`refuses ${title}`, () => {
    const parsed = parseReview(value);
    assert.match('problem' in parsed ? parsed.problem : '', problem);
  });
}

reviews('lets through without a patch when nothing is to be changed', () => assert.equal(allowedAnswer(request).response, { uid: 'u', allowed: true }));

reviews('a patch goes out as base64', () => {
  const { patchType, patch } = allowedAnswer(request, [{ op: 'add', path: '/a', value: 1 }]).response;
  assert.is(patchType, 'JSONPatch');
  assert.equal(JSON.parse(Buffer.from(patch ?? '', 'base64').toString()), [{ op: 'add', path: '/a', value: 1 }]);
});

reviews('refuses as the API server refuses invalid objects', () => {
  const { allowed, status } = invalidAnswer(request, [required('spec.image')]).response;
  assert.is(allowed, false);
  assert.equal(status, {
    code: 422,
    reason: 'Invalid',
    message: 'PolicyServer.policies.kubewarden.io "a" is invalid: spec.image: Required value',
    details: { name: 'a', group: 'policies.kubewarden.io', kind: 'PolicyServer', causes: [{ reason: 'FieldValueRequired', message: 'Required value', field: 'spec.image' }] },
  });
});

reviews('what is no review is answered with a review', () => {
  assert.equal([malformedAnswer(400, 'a').response.status?.reason, malformedAnswer(413, 'a').response.status?.code], ['BadRequest', 413]);
});

reviews.run();
