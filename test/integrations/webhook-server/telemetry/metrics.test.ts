import { readFileSync } from 'node:fs';

import { parseAdmissionReview, parseRawReview, type AdmissionResponse } from 'wasmwarden';
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { createMetrics, type Metrics } from '../../../../integrations/webhook-server/src/telemetry/metrics.js';
import type { EvaluationReport } from '../../../../integrations/webhook-server/src/telemetry/report.js';
import { http1Client } from '../../../support/policy-server/clients.js';
import { startedServer } from '../../../support/policy-server/in-process.js';
import { moduleUrl } from '../../../support/policy-server/modules.js';
import { pod, review } from '../../../support/policy-server/reviews.js';

const metrics = suite('webhook-server/telemetry/metrics');

const decode = (text: string): Uint8Array => new TextEncoder().encode(text);
const allowed: AdmissionResponse = { uid: 'u', allowed: true, auditAnnotations: null, warnings: null };
const sources = { occupancy: () => ({ waiting: 3, running: 2 }), bufferedBytes: () => 4711, stuckWorkers: () => 1 };
const made = (): Metrics => createMetrics(sources);
const report = (parts: Partial<EvaluationReport> = {}): EvaluationReport => ({
  policyId: 'policy',
  policyMode: 'protect',
  origin: 'validate',
  request: parseAdmissionReview(decode(review())),
  response: allowed,
  unprocessed: allowed,
  runMs: 7,
  ...parts,
});

/** The samples of one metric: labels, sorted, to value. */
async function samples(of: Metrics, name: string): Promise<readonly (readonly [string, number])[]> {
  const { body } = await of.text();
  return body.split('\n').flatMap((line) => {
    const [, found, labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    return found === name ? [[labels.split(/,(?=\w+=")/).sort().join(','), Number(value)] as const] : [];
  });
}

const counter = 'kubewarden_policy_evaluations_total';

metrics('an evaluation is counted with the labels of the contract', async () => {
  const counted = made();
  counted.evaluated(report());
  counted.evaluated(report({ policyMode: 'monitor', origin: 'audit', unprocessed: { ...allowed, allowed: false, status: { code: 403 }, patch: 'x', patchType: 'JSONPatch' } }));
  counted.evaluated(report({ request: parseAdmissionReview(decode(review({ namespace: null }))) }));
  assert.equal(await samples(counted, counter), [
    ['accepted="true",mutated="false",policy_mode="protect",policy_name="policy",request_origin="validate",resource_kind="Pod",resource_namespace="default",resource_request_operation="CREATE"', 1],
    ['accepted="false",error_code="403",mutated="true",policy_mode="monitor",policy_name="policy",request_origin="audit",resource_kind="Pod",resource_namespace="default",resource_request_operation="CREATE"', 1],
    ['accepted="true",mutated="false",policy_mode="protect",policy_name="policy",request_origin="validate",resource_kind="Pod",resource_request_operation="CREATE"', 1],
  ]);
});

metrics('a raw request has fewer labels', async () => {
  const counted = made();
  counted.evaluated(report({ origin: 'validate_raw', request: parseRawReview(decode('{"request":1}')) }));
  assert.equal(await samples(counted, counter), [['accepted="true",mutated="false",policy_mode="protect",policy_name="policy"', 1]]);
});

metrics('a request to a policy that could not be initialised is counted as that, and has no latency', async () => {
  const counted = made();
  counted.unservable('bad');
  assert.equal(await samples(counted, counter), [['initialization_error="true",policy_name="bad"', 1]]);
  assert.equal(await samples(counted, 'kubewarden_policy_evaluation_latency_milliseconds_count'), []);
});

metrics('the latency is a histogram with the bounds of the reference', async () => {
  const counted = made();
  counted.evaluated(report());
  const buckets = (await samples(counted, 'kubewarden_policy_evaluation_latency_milliseconds_bucket')).map(([labels, value]) => [/le="([^"]+)"/.exec(labels)?.[1], value]);
  assert.equal(buckets, [...['0', '5'].map((bound) => [bound, 0]), ...['10', '25', '50', '75', '100', '250', '500', '750', '1000', '2500', '5000', '7500', '10000', '+Inf'].map((bound) => [bound, 1])]);
});

metrics('the queue and the sandbox have figures of their own', async () => {
  const counted = made();
  counted.event({ kind: 'evaluated', policyId: 'p', operation: 'validate', outcome: 'trapped', waitMs: 12, runMs: 1 });
  counted.event({ kind: 'capability-called', policyId: 'p', capability: 'net/v1/dns_lookup_host', ok: false, durationMs: 1 });
  counted.event({ kind: 'capability-denied', policyId: 'p', capability: 'whatever a guest makes up', granted: '[]' });
  counted.event({ kind: 'worker-stopped', workerId: 1, reason: 'x' });
  counted.failed(503);
  assert.equal(await samples(counted, 'wasmwarden_guest_calls_total'), [['operation="validate",outcome="trapped"', 1]]);
  assert.equal(await samples(counted, 'wasmwarden_queue_wait_milliseconds_sum'), [['', 12]]);
  assert.equal(await samples(counted, 'wasmwarden_capability_calls_total'), [
    ['capability="net/v1/dns_lookup_host",result="refused"', 1],
    ['capability="denied",result="denied"', 1],
  ]);
  assert.equal(await samples(counted, 'wasmwarden_worker_stops_total'), [['', 1]]);
  assert.equal(await samples(counted, 'wasmwarden_request_failures_total'), [['status="503"', 1]]);
  assert.equal(await samples(counted, 'wasmwarden_evaluations_waiting'), [['', 3]]);
  assert.equal(await samples(counted, 'wasmwarden_evaluations_running'), [['', 2]]);
  assert.equal(await samples(counted, 'wasmwarden_buffered_body_bytes'), [['', 4711]]);
  assert.equal(await samples(counted, 'wasmwarden_workers_stuck'), [['', 1]]);
});

metrics('sandboxes have figures of their own: what requests ran on, who was stopped, what was proven of whom', async () => {
  const counted = made();
  const evaluated = { kind: 'evaluated', operation: 'validate', outcome: 'answered', waitMs: 0, runMs: 1 } as const;
  counted.event({ kind: 'policy-loaded', policyId: 'p', digest: 'd', loadMs: 1 });
  counted.event({ kind: 'policy-loaded', policyId: 'q', digest: 'd', loadMs: 1, freshBecause: 'it grows a table' });
  counted.event({ ...evaluated, policyId: 'p', instance: { kind: 'new', because: 'first' } });
  counted.event({ ...evaluated, policyId: 'p', instance: { kind: 'reset' } });
  counted.event({ ...evaluated, policyId: 'p', instance: { kind: 'reset' } });
  counted.event({ ...evaluated, policyId: 'q', instance: { kind: 'new', because: 'not-provable' } });
  counted.event({ ...evaluated, policyId: 'p' });
  counted.event({ kind: 'worker-interrupted', workerId: 1 });
  counted.event({ kind: 'worker-killed', workerId: 1, reason: 'x' });
  assert.equal(await samples(counted, 'wasmwarden_instances_total'), [['instance="first",policy_name="p"', 1], ['instance="reset",policy_name="p"', 2], ['instance="not-provable",policy_name="q"', 1]]);
  assert.equal(await samples(counted, 'wasmwarden_policy_fresh_only'), [['policy_name="p",reason=""', 0], ['policy_name="q",reason="it grows a table"', 1]]);
  assert.equal(await samples(counted, 'wasmwarden_worker_interrupts_total'), [['', 1]]);
  assert.equal(await samples(counted, 'wasmwarden_worker_kills_total'), [['', 1]]);
});

metrics('what shows only when a policy runs replaces what was thought of it, and loading it again begins anew', async () => {
  const counted = made();
  const fresh = (): Promise<unknown> => samples(counted, 'wasmwarden_policy_fresh_only');
  counted.event({ kind: 'policy-loaded', policyId: 'p', digest: 'd', loadMs: 1 });
  counted.event({ kind: 'evaluated', policyId: 'p', operation: 'validate', outcome: 'answered', waitMs: 0, runMs: 1, instance: { kind: 'new', because: 'init-not-repeatable' } });
  assert.equal(await fresh(), [['policy_name="p",reason="its start functions read a clock, random bytes or the host"', 1]]);
  counted.event({ kind: 'policy-loaded', policyId: 'p', digest: 'e', loadMs: 1 });
  assert.equal(await fresh(), [['policy_name="p",reason=""', 0]]);
});

metrics('whoever makes up kinds, namespaces or codes without end does not fill the memory', async () => {
  const counted = made();
  for (let index = 0; index < 12_000; index += 1) counted.evaluated(report({ request: parseAdmissionReview(decode(review({ namespace: `made-up-${index}` }))) }));
  counted.evaluated(report({ request: parseAdmissionReview(decode(review({ namespace: 'x'.repeat(5000) }))) }));
  const found = await samples(counted, counter);
  assert.is(found.length, 10_001);
  assert.equal(found.at(-1), ['accepted="true",mutated="false",policy_mode="protect",policy_name="policy",request_origin="validate",resource_kind="(other)",resource_namespace="(other)",resource_request_operation="(other)"', 2001]);
});

metrics('Prometheus reads them from a port of their own', async () => {
  await using started = await startedServer({ policies: { privileged: { module: moduleUrl('pod-privileged') } } });
  await started.http1.send({ path: '/validate/privileged', body: review({ object: pod(true) }) });
  await started.http2.send({ path: '/validate/nobody', body: review() });
  using client = http1Client({ port: started.server.metricsPort ?? 0 });
  const { status, type, text } = await client.send({ path: '/metrics', method: 'GET' });
  assert.is(status, 200);
  assert.match(type ?? '', /^text\/plain; version=0\.0\.4/);
  assert.match(text, /kubewarden_policy_evaluations_total\{[^}]*accepted="false"[^}]*\} 1/);
  assert.match(text, 'wasmwarden_request_failures_total{status="404"} 1');
  assert.equal([(await client.send({ path: '/', method: 'GET' })).status, (await client.send({ path: '/metrics' })).status], [404, 405]);
});

metrics('every metric and every label of evaluations is documented, and nothing else is', async () => {
  const counted = made();
  counted.evaluated(report({ unprocessed: { ...allowed, status: { code: 1 } } }));
  counted.unservable('bad');
  const { body } = await counted.text();
  const names = [...body.matchAll(/^# HELP (\w+) /gm)].map(([, name]) => name);
  const labels = new Set((await samples(counted, counter)).flatMap(([text]) => text.split(',').map((label) => label.split('=')[0])));
  const documented = [...readFileSync('docs/metrics.md', 'utf8').matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  assert.equal(documented.sort(), [...names, ...labels].sort());
});

metrics.run();
