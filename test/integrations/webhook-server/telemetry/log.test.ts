import { Fault, parseAdmissionReview, parseRawReview, type AdmissionResponse, type RuntimeEvent } from 'wasmwarden';
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import type { ServerConfig } from '../../../../integrations/webhook-server/src/config.js';
import { createLog, logEvaluation, logEvent, logFailure, logReload, logTimeoutProtection, logUnservable } from '../../../../integrations/webhook-server/src/telemetry/log.js';
import type { EvaluationReport } from '../../../../integrations/webhook-server/src/telemetry/report.js';
import { review } from '../../../support/policy-server/reviews.js';

const logging = suite('webhook-server/telemetry/log');

const decode = (text: string): Uint8Array => new TextEncoder().encode(text);
const allowed: AdmissionResponse = { uid: 'u', allowed: true, auditAnnotations: null, warnings: null };
const denied: AdmissionResponse = { ...allowed, allowed: false, status: { message: 'no', code: 403 } };

const report = (parts: Partial<EvaluationReport> = {}): EvaluationReport => ({
  policyId: 'policy',
  policyMode: 'protect',
  origin: 'validate',
  request: parseAdmissionReview(decode(review({ uid: 'uid-7' }))),
  response: denied,
  unprocessed: denied,
  runMs: 1.23456,
  ...parts,
});

/** The lines that an action writes. */
function lines(config: Partial<ServerConfig['log']>, act: (log: ReturnType<typeof createLog>) => void): string[] {
  const written: string[] = [];
  act(createLog({ level: 'info', format: 'json', colour: false, ...config }, (line) => written.push(line)));
  return written;
}

const jsonLine = (act: (log: ReturnType<typeof createLog>) => void, level: ServerConfig['log']['level'] = 'info'): Record<string, unknown> => {
  const [line = 'null', ...others] = lines({ level }, act);
  assert.equal(others, []);
  return JSON.parse(line) as Record<string, unknown>;
};
const fieldsOf = ({ time, ...fields }: Record<string, unknown>): object => {
  assert.match(String(time), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  return fields;
};

logging('a denial is one line at info with the uid of the request', () => {
  assert.equal(fieldsOf(jsonLine((log) => logEvaluation(log, report()))), {
    level: 'info',
    policy_id: 'policy',
    request_uid: 'uid-7',
    origin: 'validate',
    allowed: false,
    operation: 'CREATE',
    kind: 'Pod',
    namespace: 'default',
    name: 'thing',
    mutated: false,
    code: 403,
    run_ms: 1.23,
    reason: 'no',
    message: 'request denied',
  });
});

logging('an acceptance is told at debug only', () => {
  const accepted = report({ response: allowed, unprocessed: allowed });
  assert.equal(lines({ level: 'info' }, (log) => logEvaluation(log, accepted)), []);
  assert.is(jsonLine((log) => logEvaluation(log, accepted), 'debug')['message'], 'request allowed');
});

logging('what monitor mode lets through is told at info, with the reason it would have been denied for', () => {
  const line = jsonLine((log) => logEvaluation(log, report({ policyMode: 'monitor', response: allowed })));
  assert.equal([line['message'], line['reason'], line['allowed']], ['policy evaluation (monitor mode)', 'no', true]);
});

logging('what monitor mode keeps from changing the object is told at info too', () => {
  const line = jsonLine((log) => logEvaluation(log, report({ policyMode: 'monitor', response: allowed, unprocessed: { ...allowed, patchType: 'JSONPatch', patch: 'W10=' } })));
  assert.equal([line['message'], line['mutated'], line['allowed']], ['policy evaluation (monitor mode)', true, true]);
  assert.not.match(JSON.stringify(line), 'W10=');
});

logging('whether policies are interrupted is told once, with the limit', () => {
  assert.equal(fieldsOf(jsonLine((log) => logTimeoutProtection(log, { policyTimeoutMs: 2000 }))), { level: 'info', execution_limit_seconds: 2, message: 'policy timeout protection is enabled' });
  assert.is(jsonLine((log) => logTimeoutProtection(log, { policyTimeoutMs: null }))['message'], 'policy timeout protection is disabled');
});

const tls = { cert: 'c', key: 'k', ca: ['a'], fingerprint: 'f', notAfter: 'n' };
for (const [what, change, expected] of [
  ['a certificate and its key', { cert: 'd', key: 'l' }, ['Reloading Server TLS certificates']],
  ['client authorities', { ca: ['a', 'b'] }, ['Reloading client CA certificates']],
  ['both', { cert: 'd', ca: ['b'] }, ['Reloading Server TLS certificates', 'Reloading client CA certificates']],
] as const) {
  logging(`new files that hold ${what} are told as such`, () => {
    const told = lines({}, (log) => logReload(log, tls, { ...tls, ...change, ca: [...('ca' in change ? change.ca : tls.ca)] }));
    assert.equal(told.map((line) => (JSON.parse(line) as { message: string }).message), expected);
  });
}

logging('an audit and a raw request say where they came from', () => {
  assert.is(jsonLine((log) => logEvaluation(log, report({ origin: 'audit' })))['origin'], 'audit');
  const raw = jsonLine((log) => logEvaluation(log, report({ origin: 'validate_raw', request: parseRawReview(decode('{"request":{"uid":"r"}}')) })));
  assert.equal([raw['request_uid'], raw['kind']], ['r', undefined]);
});

logging('the reason of a denial is withheld when the request is about a Secret', () => {
  const line = jsonLine((log) => logEvaluation(log, report({ request: parseAdmissionReview(decode(review({ kind: 'Secret' }))) })));
  assert.is(line['reason'], 'withheld: the request is about a Secret');
});

logging('a request to a policy that could not be initialised is a warning', () => {
  const { request } = report();
  const line = jsonLine((log) => logUnservable(log, { policyId: 'bad', request, problem: 'it is broken' }));
  assert.equal([line['level'], line['policy_id'], line['request_uid'], line['problem']], ['warn', 'bad', 'uid-7', 'it is broken']);
});

const failures: readonly (readonly [string, number, unknown, string | undefined, object])[] = [
  ['a bug is an error with its stack', 500, new Error('oops'), 'error', { problem: 'oops' }],
  ['an internal fault is an error', 500, new Fault('POLICY_START_FAILED', 'did not come up'), 'error', { code: 'POLICY_START_FAILED', problem: 'did not come up' }],
  ['overload is a warning', 503, new Fault('POOL_SATURATED', 'too many'), 'warn', { code: 'POOL_SATURATED', problem: 'too many' }],
  ['the mistake of a caller is told at debug', 404, new Fault('POLICY_UNKNOWN', 'unknown policy: x'), undefined, {}],
];
for (const [title, status, thrown, level, fields] of failures) {
  logging(title, () => {
    const written = lines({ level: 'info' }, (log) => logFailure(log, '/validate/x', status, thrown));
    assert.is(written.length, level === undefined ? 0 : 1);
    if (level === undefined) return;
    const line = JSON.parse(written[0] ?? '') as Record<string, unknown>;
    assert.equal({ level: line['level'], ...fields }, { ...Object.fromEntries(Object.keys(fields).map((key) => [key, line[key]])), level });
    assert.is('stack' in line, thrown instanceof Error && !(thrown instanceof Fault));
  });
}

logging('a fault about a body tells where it is wrong and never what stood there', () => {
  const line = jsonLine((log) => logFailure(log, '/validate/x', 400, new Fault('JSON_SYNTAX', "found 'hunter2'", { context: { line: 3, column: 4 } })), 'debug');
  assert.equal(fieldsOf(line), { level: 'debug', path: '/validate/x', status: 400, code: 'JSON_SYNTAX', line: 3, column: 4, message: 'request refused' });
});

const guestLine = (message: string): RuntimeEvent => ({ kind: 'guest-logged', policyId: 'p', source: 'tracing', level: 'info', message, data: '{"a":1}' });

logging('what a guest logs has its level, its policy and its data', () => {
  assert.equal(fieldsOf(jsonLine((log) => logEvent(log, guestLine('hello')))), { level: 'info', target: 'policy_log', policy_id: 'p', source: 'tracing', data: '{"a":1}', message: 'hello' });
});

logging('events of the runtime are told at the level they deserve', () => {
  const levelOf = (event: RuntimeEvent): unknown => jsonLine((log) => logEvent(log, event), 'trace')['level'];
  assert.is(levelOf({ kind: 'capability-denied', policyId: 'p', capability: 'oci/v1/verify', granted: '[]' }), 'error');
  assert.is(levelOf({ kind: 'capability-failed', policyId: 'p', capability: 'oci/v1/verify', problem: 'x' }), 'error');
  assert.is(levelOf({ kind: 'worker-stuck', workerId: 1, waitedMs: 5000 }), 'error');
  assert.is(levelOf({ kind: 'worker-stopped', workerId: 1, reason: 'x' }), 'debug');
  assert.is(levelOf({ kind: 'worker-started', workerId: 1, startMs: 1 }), 'debug');
  assert.is(levelOf({ kind: 'policy-refused', policyId: 'p', code: 'X', message: 'x' }), 'debug');
});

logging('a text line is one line: time, level, message, fields', () => {
  const [line] = lines({ format: 'text' }, (log) => log.info({ policy_id: 'a', reason: 'two words', count: 2 }, 'something happened'));
  assert.match(line ?? '', /^\d{4}-\S+Z {2}INFO something happened policy_id=a reason="two words" count=2\n$/);
});

logging('a guest cannot forge a line of text, nor give orders to a terminal', () => {
  const [line = ''] = lines({ format: 'text' }, (log) => logEvent(log, guestLine('a\n2026-01-01T00:00:00.000Z ERROR forged\r\u001b[2J\u009b1m\u2028\u202e')));
  assert.is(line.split('\n').length, 2);
  assert.match(line, 'a\\n2026-01-01T00:00:00.000Z ERROR forged\\u000d\\u001b[2J\\u009b1m\\u2028\\u202e ');
});

logging('colours are for terminals that want them', () => {
  const say = (colour: boolean): string => lines({ format: 'text', colour }, (log) => log.warn('x'))[0] ?? '';
  assert.not.match(say(false), /\u001b/);
  assert.ok(['\u001b[33m WARN\u001b[39m', ' WARN'].some((label) => say(true).includes(label)));
});

logging.run();
