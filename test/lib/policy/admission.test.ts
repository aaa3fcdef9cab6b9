// What arrives: which envelopes are taken, which are refused in which words, and that what is passed on is what came.
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { parseAdmissionRequest, parseAdmissionReview, parseRawRequest, parseRawReview } from '../../../lib/policy/admission.js';
import { faultOf } from '../../support/fault-of.js';
import { reviewText } from '../../support/fixtures.js';
import { jsonTexts, mutatedJsonTexts } from '../../support/json-texts.js';

const admission = suite('policy/admission');

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (part: Uint8Array | undefined): string | undefined => (part === undefined ? undefined : new TextDecoder().decode(part));

/** The least request there is, as members. */
const members: Readonly<Record<string, string>> = {
  uid: '"u1"',
  kind: '{"group":"apps","version":"v1","kind":"Deployment"}',
  resource: '{"group":"apps","version":"v1","resource":"deployments"}',
  operation: '"CREATE"',
  userInfo: '{}',
};

/** A request with members added or replaced; one that is `undefined` is left out. */
function requestText(changes: Readonly<Record<string, string | undefined>> = {}): string {
  const entries = Object.entries({ ...members, ...changes }).filter(([, value]) => value !== undefined);
  return `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${value ?? ''}`).join(',')}}`;
}

const review = (request: string): Uint8Array => bytes(`{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":${request}}`);

admission('a review of a real API server is read', () => {
  const request = parseAdmissionReview(bytes(reviewText('pod-privileged')));
  assert.is(request.kind, 'kubernetes');
  assert.is(request.uid, '0c5d4ac5-8a8c-4c3c-9d4b-1f0e5b3c2a02');
  assert.is(request.operation, 'CREATE');
  assert.is(request.name, 'web-2');
  assert.is(request.namespace, 'shop');
  assert.equal(request.resource, { group: '', version: 'v1', resource: 'pods', kind: 'Pod' });
  assert.is(request.requestKind, 'Pod');
  assert.is(request.subResource, undefined);
});

admission('the request and its object are the very bytes that came, spaces, order, escapes and numbers included', () => {
  const object = String.raw`{ "b" : 1.0,  "a":18446744073709551615, "\u0061b":"\u00e4" }`;
  const request = `{ "object":${object} , "zzz":[1.50], ${requestText().slice(1)}`;
  const parsed = parseAdmissionReview(bytes(`\n{"x":1,"request" : ${request} ,"y":2}\n`));
  assert.is(text(parsed.bytes), request);
  assert.is(text(parsed.object), object);
});

admission('fields that nobody knows stay in the bytes that the guest gets', () => {
  const request = requestText({ future: '{"deep":[{"er":null}]}' });
  assert.is(text(parseAdmissionReview(review(request)).bytes), request);
});

admission('a bare request is read like the one in a review', () => {
  const parsed = parseAdmissionRequest(bytes(requestText({ object: '{}' })));
  assert.is(parsed.uid, 'u1');
  assert.is(text(parsed.bytes), requestText({ object: '{}' }));
  assert.is(text(parsed.object), '{}');
});

admission('kind and apiVersion of the review are not looked at', () => {
  assert.is(parseAdmissionReview(bytes(`{"kind":7,"apiVersion":null,"request":${requestText()}}`)).uid, 'u1');
});

admission('optional fields are read when they are there, and may be null', () => {
  const full = parseAdmissionReview(review(requestText({
    subResource: '"status"', requestSubResource: '"status"', name: '"n"', namespace: '"ns"', dryRun: 'true', options: '{}', oldObject: '{}',
    requestKind: '{"group":"apps","version":"v1beta1","kind":"OldDeployment"}', requestResource: '{"group":"","version":"","resource":""}',
    userInfo: '{"username":"a","uid":"b","groups":["c"],"extra":{"d":["e"]},"more":1}',
  })));
  assert.equal([full.subResource, full.name, full.namespace, full.requestKind], ['status', 'n', 'ns', 'OldDeployment']);
  const nulls = Object.fromEntries(['subResource', 'requestSubResource', 'name', 'namespace', 'dryRun', 'options', 'object', 'oldObject', 'requestKind', 'requestResource'].map((key) => [key, 'null']));
  const none = parseAdmissionReview(review(requestText({ ...nulls, userInfo: '{"username":null,"uid":null,"groups":null,"extra":null}' })));
  assert.equal([none.subResource, none.name, none.namespace, none.requestKind, none.object], [undefined, undefined, undefined, '', undefined]);
});

admission('a deletion has no object to mutate', () => {
  assert.is(parseAdmissionReview(bytes(reviewText('pod-delete'))).object, undefined);
});

admission('an object of any JSON is there unless it is null', () => {
  for (const object of ['0', 'false', '""', '[]', '{}']) assert.is(text(parseAdmissionReview(review(requestText({ object }))).object), object);
});

admission('the operation is any text', () => {
  assert.is(parseAdmissionReview(review(requestText({ operation: '"PATCH"' }))).operation, 'PATCH');
});

for (const field of ['uid', 'kind', 'resource', 'operation', 'userInfo']) {
  admission(`a request without ${field} is refused by name`, () => {
    const fault = faultOf(() => parseAdmissionReview(review(requestText({ [field]: undefined }))));
    assert.is(fault.code, 'REVIEW_INVALID');
    assert.is(fault.message, `request: missing field \`${field}\``);
    assert.match(faultOf(() => parseAdmissionReview(review(requestText({ [field]: 'null' })))).message, new RegExp(`^request\\.${field}: expected \\w+, received null$`));
  });
}

const mistyped: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
  ['a number as uid', { uid: '1' }, 'request.uid: expected string, received number'],
  ['a text as kind', { kind: '"Pod"' }, 'request.kind: expected object, received string'],
  ['a kind without version', { kind: '{"group":"","kind":"Pod"}' }, 'request.kind: missing field `version`'],
  ['a kind whose group is null', { kind: '{"group":null,"version":"v1","kind":"Pod"}' }, 'request.kind.group: expected string, received null'],
  ['a resource without resource', { resource: '{"group":"","version":"v1"}' }, 'request.resource: missing field `resource`'],
  ['a requestKind without kind', { requestKind: '{"group":"","version":"v1"}' }, 'request.requestKind: missing field `kind`'],
  ['a list as userInfo', { userInfo: '[]' }, 'request.userInfo: expected object, received array'],
  ['groups that are no list', { userInfo: '{"groups":"a"}' }, 'request.userInfo.groups: expected array, received string'],
  ['a group that is no text', { userInfo: '{"groups":[1]}' }, 'request.userInfo.groups.0: expected string, received number'],
  ['extra that is no map of lists', { userInfo: '{"extra":{"a":"b"}}' }, 'request.userInfo.extra.a: expected array, received string'],
  ['a text as dryRun', { dryRun: '"true"' }, 'request.dryRun: expected boolean, received string'],
  ['a number as namespace', { namespace: '1' }, 'request.namespace: expected string, received number'],
];
for (const [title, changes, message] of mistyped) {
  admission(`${title} is refused`, () => {
    const fault = faultOf(() => parseAdmissionReview(review(requestText(changes))));
    assert.is(fault.code, 'REVIEW_INVALID');
    assert.is(fault.message, message);
  });
}

admission('every problem of a request is told at once, as data too', () => {
  const fault = faultOf(() => parseAdmissionReview(review(requestText({ uid: '1', kind: undefined }))));
  assert.is(fault.message, 'request.uid: expected string, received number; request: missing field `kind`');
  assert.equal(fault.context['problems'], [
    { path: 'request.uid', message: 'expected string, received number' },
    { path: 'request', message: 'missing field `kind`' },
  ]);
});

const noReview: readonly (readonly [string, string, string])[] = [
  ['a review without request', '{"kind":"AdmissionReview"}', 'missing field `request`'],
  ['a review whose request is null', '{"request":null}', 'request: expected object, received null'],
  ['a review whose request is a text', '{"request":"x"}', 'request: expected object, received string'],
  ['a list', '[]', 'invalid type: array, expected an object with a field `request`'],
  ['a number', '1', 'invalid type: number, expected an object with a field `request`'],
  ['null', 'null', 'invalid type: null, expected an object with a field `request`'],
];
for (const [title, document, message] of noReview) {
  admission(`${title} is no review`, () => {
    const fault = faultOf(() => parseAdmissionReview(bytes(document)));
    assert.is(fault.code, 'REVIEW_INVALID');
    assert.is(fault.message, message);
  });
}

const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

const badDocuments: readonly (readonly [string, Uint8Array, string])[] = [
  ['no bytes', new Uint8Array(0), 'JSON_SYNTAX'],
  ['bytes after the document', bytes(`${new TextDecoder().decode(review(requestText()))} x`), 'JSON_SYNTAX'],
  ['a second document', bytes('{"request":{}}{"request":{}}'), 'JSON_SYNTAX'],
  ['a truncated document', review(requestText()).slice(0, -2), 'JSON_SYNTAX'],
  ['what is not UTF-8', Uint8Array.from([...review(requestText({ name: '"x"' }))].map((byte) => (byte === 0x78 ? 0xff : byte))), 'JSON_NOT_UTF8'],
  ['a byte order mark', Uint8Array.of(0xef, 0xbb, 0xbf, ...review(requestText())), 'JSON_SYNTAX'],
  ['a hundred thousand nested arrays', review(requestText({ object: deep(100_000) })), 'JSON_TOO_DEEP'],
  ['one level more than there may be', review(requestText({ object: deep(126) })), 'JSON_TOO_DEEP'],
  ['half a surrogate pair', review(requestText({ name: String.raw`"\ud800"` })), 'JSON_SYNTAX'],
];
for (const [title, document, code] of badDocuments) {
  admission(`${title} is refused`, () => assert.is(faultOf(() => parseAdmissionReview(document)).code, code));
}

admission('as many levels as there may be are taken', () => {
  assert.is(parseAdmissionReview(review(requestText({ object: deep(125) }))).uid, 'u1');
});

admission('ten megabytes are taken as they are', () => {
  const object = `{"data":"${'x'.repeat(10 * 1024 * 1024)}"}`;
  assert.is(parseAdmissionReview(review(requestText({ object }))).object?.byteLength, object.length);
});

/** A document with a key given twice at one place, the second time escaped. */
const doubled: readonly (readonly [string, string])[] = [
  ['request, in the review', `{"request":${requestText()},"request":${requestText({ uid: '"u2"' })}}`],
  ['request, in the review, the second time with an escape', String.raw`{"request":${requestText()},"\u0072equest":${requestText({ uid: '"u2"' })}}`],
  ['an unknown key of the review', `{"x":1,"request":${requestText()},"x":2}`],
  ['uid', `{"request":{"uid":"u2",${requestText().slice(1)}}`],
  ['uid, the second time with an escape', String.raw`{"request":{"\u0075id":"u2",${requestText().slice(1)}}`],
  ['object', `{"request":{"object":{},"object":null,${requestText().slice(1)}}`],
  ['namespace', `{"request":{"namespace":"a","namespace":"b",${requestText().slice(1)}}`],
  ['an unknown key of the request', `{"request":{"x":1,"x":1,${requestText().slice(1)}}`],
  ['a key of kind', `{"request":${requestText({ kind: '{"group":"","version":"v1","kind":"Pod","kind":"Secret"}' })}}`],
  ['a key of kind, with an escape', String.raw`{"request":${requestText({ kind: String.raw`{"group":"","version":"v1","kind":"Pod","\u006bind":"Secret"}` })}}`],
  ['a key of resource', `{"request":${requestText({ resource: '{"group":"","group":"","version":"v1","resource":"pods"}' })}}`],
  ['a key of requestKind', `{"request":${requestText({ requestKind: '{"group":"","version":"v1","kind":"Pod","kind":"Secret"}' })}}`],
  ['a key of requestResource', `{"request":${requestText({ requestResource: '{"group":"","version":"v1","resource":"a","resource":"b"}' })}}`],
  ['a key of userInfo', `{"request":${requestText({ userInfo: '{"username":"a","username":"admin"}' })}}`],
];
for (const [title, document] of doubled) {
  admission(`a key given twice is refused: ${title}`, () => {
    const fault = faultOf(() => parseAdmissionReview(bytes(document)));
    assert.is(fault.code, 'JSON_DUPLICATE_KEY');
    assert.match(fault.message, /appears twice in one object/);
  });
}

admission("keys given twice inside the object are the guest's business: it gets them as they are", () => {
  const object = '{"a":1,"a":2,"nested":{"b":1,"b":2}}';
  assert.is(text(parseAdmissionReview(review(requestText({ object }))).object), object);
});

admission('a key __proto__ is data and lends no field to the request', () => {
  const request = requestText({ ['__proto__']: '{"namespace":"kube-system","name":"x","object":{"a":1}}' });
  const parsed = parseAdmissionReview(review(request));
  assert.equal([parsed.namespace, parsed.name, parsed.object], [undefined, undefined, undefined]);
  assert.is(text(parsed.bytes), request);
});

admission('a raw review carries any JSON, and its uid if it has one that is a text', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['{"uid":"r1","user":"tonio"}', 'r1'], ['{"uid":7}', ''], ['{}', ''], ['null', ''], ['"text"', ''], ['[{"uid":"x"}]', ''], [' 1.0 '.trim(), ''],
  ];
  for (const [document, uid] of cases) {
    const raw = parseRawReview(bytes(`{"request": ${document} }`));
    assert.equal([raw.kind, raw.uid, text(raw.bytes)], ['raw', uid, document]);
    assert.equal([parseRawRequest(bytes(document)).uid, text(parseRawRequest(bytes(document)).bytes)], [uid, document]);
  }
});

admission('a raw review needs a request, once', () => {
  assert.is(faultOf(() => parseRawReview(bytes('{}'))).message, 'missing field `request`');
  assert.is(faultOf(() => parseRawReview(bytes('{"request":1,"request":2}'))).code, 'JSON_DUPLICATE_KEY');
  assert.is(faultOf(() => parseRawRequest(bytes('{'))).code, 'JSON_SYNTAX');
});

admission('whatever JSON the object is, it is passed on byte for byte', () => {
  fc.assert(
    fc.property(jsonTexts, (object) => {
      const parsed = parseAdmissionReview(review(requestText({ object })));
      assert.is(text(parsed.bytes), requestText({ object }));
      assert.is(text(parsed.object), object === 'null' ? undefined : object);
    }),
    { seed: 20_240_604, numRuns: 200 },
  );
});

admission('a damaged document is refused with a fault or taken, never anything else', () => {
  fc.assert(
    fc.property(mutatedJsonTexts, (object) => {
      for (const parse of [parseAdmissionReview, parseRawReview]) {
        const document = review(requestText({ object }));
        let parsed;
        try {
          parsed = parse(document);
        } catch {
          faultOf(() => parse(document));
          continue;
        }
        JSON.parse(text(parsed.bytes) ?? '');
      }
    }),
    { seed: 20_240_605, numRuns: 300 },
  );
});

admission.run();
