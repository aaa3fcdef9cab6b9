import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { isFault } from '../../../lib/fault.js';
import { encodeJson } from '../../../lib/json/decode.js';
import type { JsonValue } from '../../../lib/json/json-value.js';
import { parseAdmissionRequest } from '../../../lib/policy/admission.js';
import { admissionRequest, type RequestParts } from '../../../lib/testing/admission-requests.js';
import { kinds } from '../../../lib/testing/kinds.js';

const requests = suite('testing/admission-requests');

const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' } };
const parsed = (parts: RequestParts) => parseAdmissionRequest(encodeJson(admissionRequest(parts) as JsonValue));

requests('every known kind makes a request that the engine takes', () => {
  for (const { group, version, kind, resource, namespaced } of kinds) {
    const request = parsed({ object: { apiVersion: group === '' ? version : `${group}/${version}`, kind, metadata: { name: 'x' } } });
    assert.equal(request.resource, { group, version, kind, resource });
    assert.is(request.namespace, namespaced ? 'default' : undefined);
  }
});

const operations: readonly (readonly [string, RequestParts, string])[] = [
  ['an object alone is created', { object: deployment }, 'CREATE'],
  ['two objects are an update', { object: deployment, oldObject: deployment }, 'UPDATE'],
  ['an old object alone is deleted', { oldObject: deployment }, 'DELETE'],
  ['the operation can be named', { object: deployment, operation: 'CONNECT' }, 'CONNECT'],
];
for (const [title, parts, operation] of operations) requests(title, () => assert.is(parsed(parts).operation, operation));

requests('an unknown kind needs its plural', () => {
  const object = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w', namespace: 'n' } };
  assert.equal(parsed({ object, resource: 'widgets' }).resource, { group: 'example.com', version: 'v1', kind: 'Widget', resource: 'widgets' });
  assert.throws(() => admissionRequest({ object }), (thrown: unknown) => isFault(thrown, 'TEST_REQUEST_INVALID') && thrown.message.includes('example.com/v1 Widget'));
});

requests('a request needs an object', () => assert.throws(() => admissionRequest({}), (thrown: unknown) => isFault(thrown, 'TEST_REQUEST_INVALID')));

requests('what is given wins over what is derived', () => {
  const request = admissionRequest({ object: deployment, namespace: 'shop', uid: 'u', subResource: 'scale', userInfo: { username: 'me' }, dryRun: true, options: { a: 1 } });
  assert.equal([request['namespace'], request.uid, request['subResource'], request['userInfo'], request['dryRun'], request['options']], ['shop', 'u', 'scale', { username: 'me' }, true, { a: 1 }]);
});

requests.run();
