import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { type AuditAnswer, readAnswer } from '../../../lib/audit/answer.js';
import { reportOf } from '../../../lib/audit/report.js';
import { reportFormats } from '../../../lib/audit/report-format.js';
import { encodeAuditReview } from '../../../lib/audit/review.js';
import { withoutSecrets } from '../../../lib/audit/secrecy.js';
import { type EndedScan, isStale } from '../../../lib/audit/staleness.js';
import type { ApiObject } from '../../../lib/kubernetes/api-object.js';
import { pods, policy } from './served.js';

const report = suite('audit/report');
const encoder = new TextEncoder();

const pod: ApiObject = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'team', uid: 'u-1', resourceVersion: '12' } };
const stamp = { runUid: 'run', atMs: 1_700_000_000_999 };
const scan = { skipped: 2, errored: 1 };

report('an object that nobody judges has no report, even when somebody was skipped', () => {
  const skipped = { kind: 'skipped', policyId: 'clusterwide-a', policy: policy('a'), because: 'x' } as const;
  assert.is(reportOf({ object: pod, evaluated: [], exemptions: [skipped], scan }, reportFormats.openreports, stamp), undefined);
});

report('results are sorted, outcomes counted, and what was not asked is among them', () => {
  const answers: readonly (readonly [string, AuditAnswer])[] = [['z', { kind: 'passed' }], ['b', { kind: 'failed', message: 'no' }], ['c', { kind: 'errored', message: 'broken' }]];
  const evaluated = answers.map(([name, answer]) => ({ policy: policy(name, {}, { annotations: { 'io.kubewarden.policy.severity': name === 'b' ? 'low' : 'awful' } }), answer }));
  const made = reportOf({ object: pod, evaluated, exemptions: [{ kind: 'errored', policyId: 'clusterwide-lost', policy: policy('lost'), because: 'gone' }], scan }, reportFormats.policyreport, stamp);
  assert.equal(made?.summary, { pass: 1, fail: 1, warn: 0, error: 2, skip: 2 });
  assert.equal(made?.results.map(({ policy: id, result, message, severity }) => [id, result, message, severity]), [
    ['clusterwide-b', 'fail', 'no', 'low'],
    ['clusterwide-c', 'error', 'broken', undefined],
    ['clusterwide-lost', 'error', 'the policy was not asked: gone', undefined],
    ['clusterwide-z', 'pass', undefined, undefined],
  ]);
  assert.equal(made?.results[0]?.timestamp, { seconds: 1_700_000_000, nanos: 0 });
  assert.equal([made?.kind, made?.source, made?.metadata.name], ['PolicyReport', undefined, 'u-1']);
});

report('an empty annotation is none', () => {
  const one = policy('a', {}, { annotations: { 'io.kubewarden.policy.severity': '', 'io.kubewarden.policy.category': '' } });
  const made = reportOf({ object: pod, evaluated: [{ policy: one, answer: { kind: 'passed' } }], exemptions: [], scan }, reportFormats.openreports, stamp);
  assert.equal(Object.keys(made?.results[0] ?? {}).filter((field) => ['severity', 'category', 'message'].includes(field)), []);
});

report('properties tell what the policy is', () => {
  const one = policy('a', { mutating: true, policies: { m: { contextAwareResources: [{ apiVersion: 'v1', kind: 'Pod' }] } } }, { kind: 'AdmissionPolicyGroup', namespace: 'team' });
  const made = reportOf({ object: pod, evaluated: [{ policy: one, answer: { kind: 'passed' } }], exemptions: [], scan }, reportFormats.openreports, stamp);
  assert.equal(made?.results[0]?.properties, { 'mutating': 'true', 'context-aware': 'true', 'policy-resource-version': '7', 'policy-uid': 'uid-a', 'policy-name': 'a', 'policy-namespace': 'team' });
});

const answers: readonly (readonly [title: string, status: number, body: string, expected: AuditAnswer])[] = [
  ['allowed passes, with a patch too', 200, '{"response":{"uid":"1","allowed":true,"patch":"W10="}}', { kind: 'passed', message: undefined }],
  ['denied fails with its message', 200, '{"response":{"allowed":false,"status":{"message":"no","code":403}}}', { kind: 'failed', message: 'no' }],
  ['a status of 500 is an error', 200, '{"response":{"allowed":false,"status":{"message":"trap","code":500}}}', { kind: 'errored', message: 'trap' }],
  ['a status of 500 without a message is an error with one', 200, '{"response":{"allowed":false,"status":{"message":"","code":500}}}', { kind: 'errored', message: 'the policy failed and did not say why' }],
  ['an empty message is none', 200, '{"response":{"allowed":false,"status":{"message":""}}}', { kind: 'failed', message: undefined }],
  ['a message without end ends', 200, JSON.stringify({ response: { allowed: false, status: { message: 'x'.repeat(100_000) } } }), { kind: 'failed', message: `${'x'.repeat(16 * 1024)}…` }],
  ['no response is an error', 200, '{"kind":"AdmissionReview"}', { kind: 'errored', message: 'the policy-server answered with something else than an AdmissionReview with a response' }],
  ['no JSON is an error', 200, '<html>', { kind: 'errored', message: 'the policy-server answered with something else than an AdmissionReview with a response' }],
  ['another status is an error with the body', 404, 'unknown policy', { kind: 'errored', message: 'unexpected status code: 404 body: unknown policy' }],
];
for (const [title, status, body, expected] of answers) report(`an answer: ${title}`, () => assert.equal(readAnswer(status, encoder.encode(body)), expected));

report('a review holds the bytes of the object, and the plural unless the kind is asked for', () => {
  const bytes = encoder.encode('{"metadata":{"name":"web"},"big":9007199254740993}');
  const text = (naming: 'plural' | 'kind'): string => new TextDecoder().decode(encodeAuditReview({ object: pod, bytes, resource: pods, naming }));
  const kind = '{"group":"","version":"v1","kind":"Pod"}';
  const expected = (resource: string): string => `{"request":{"uid":"u-1","kind":${kind},"resource":{"group":"","version":"v1","resource":"${resource}"},"requestKind":${kind},"name":"web","namespace":"team","operation":"CREATE","userInfo":{},"object":{"metadata":{"name":"web"},"big":9007199254740993},"oldObject":null,"options":null}}`;
  assert.is(text('plural'), expected('pods'));
  assert.is(text('kind'), expected('Pod'));
  assert.not.match(new TextDecoder().decode(encodeAuditReview({ object: { metadata: { name: 'n' } }, bytes, resource: pods, naming: 'plural' })), 'namespace');
});

const secret: ApiObject = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { word: btoa('hunter2'), key: btoa('-----BEGIN KEY-----\nMIIEvQIBADANBgkq\n'), short: btoa('a'), url: btoa('postgres://app:pa55<word>@db/app'), token: btoa('tok"en') } };
for (const [title, message, isWithheld] of [
  ['a value as it is', 'the password is hunter2', true],
  ['a value as it is stored', `found ${btoa('hunter2')}`, true],
  ['one line of a value', 'it begins with MIIEvQIBADANBgkq', true],
  ['the beginning of a value', 'it begins with postgres://app:pa', true],
  ['the end of a value', 'it ends with 55<word>@db/app', true],
  ['a value as Go quotes it in JSON', String.raw`{"url":"...pa55\u003cword\u003e@db"}`, true],
  ['a short value as JSON quotes it', String.raw`the token is tok\"en`, true],
  ['a value as it is stored, without padding', `found ${btoa('hunter2').replaceAll('=', '')}`, true],
  ['a few letters of a value', 'a postgres database is not allowed', false],
  ['a value too short to mean anything', 'a label is missing', false],
  ['no value', 'the key word is not allowed', false],
] as const) {
  report(`a message about a Secret that holds ${title} is ${isWithheld ? 'withheld' : 'told'}`, () => {
    assert.is(withoutSecrets(secret, { kind: 'failed', message }).message === message, !isWithheld);
    assert.is(withoutSecrets({ ...secret, kind: 'ConfigMap' }, { kind: 'failed', message }).message, message);
  });
}

const ended: EndedScan = { runUid: 'mine', begunVersion: '100', unfinished: new Set(['Pod.']), unknownGroups: new Set(['lost.example']) };
const stored = (run: string, resourceVersion: string, apiVersion: string, kind: string): ApiObject => ({ apiVersion: 'x/v1', kind: 'Report', metadata: { name: 'r', resourceVersion, labels: { 'kubewarden.io/audit-scanner-run-uid': run } }, scope: { apiVersion, kind } });
for (const [title, object, expected] of [
  ['written by this run', stored('mine', '150', 'v1', 'Service'), false],
  ['there before and not written since', stored('old', '100', 'v1', 'Service'), true],
  ['written by another run meanwhile', stored('other', '101', 'v1', 'Service'), false],
  ['on objects that were not all listed', stored('old', '50', 'v1', 'Pod'), false],
  ['on an API that nobody answers for now', stored('old', '50', 'lost.example/v1', 'Thing'), false],
  ['of an unreadable version', stored('old', 'abc', 'v1', 'Service'), false],
  ['with more digits, which is not compared as text', stored('old', '1000', 'v1', 'Service'), false],
] as const) {
  report(`a report ${title} is ${expected ? 'stale' : 'kept'}`, () => assert.is(isStale(object, ended), expected));
}

report.run();
