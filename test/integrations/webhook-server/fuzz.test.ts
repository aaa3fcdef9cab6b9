import { readFileSync } from 'node:fs';

import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { below, chanceOf, mutated, oneOf, somePath, type Chance } from '../../support/policy-server/fuzz.js';
import { startedServer, type StartedServer } from '../../support/policy-server/in-process.js';
import { moduleUrl } from '../../support/policy-server/modules.js';
import { pipelined, type PipelinedRequest, type PipelinedResponse } from '../../support/policy-server/pipeline.js';
import { rawConnection } from '../../support/policy-server/raw-connection.js';
import { preface } from '../../support/policy-server/http2-frames.js';
import { pod, review } from '../../support/policy-server/reviews.js';

// A hundred thousand requests that nobody would send: every one is answered, and with a status of the contract.
const fuzz = suite('webhook-server/fuzz');

let plain: StartedServer;
fuzz.before(async () => {
  plain = await startedServer({
    plain: true,
    policies: { accept: { module: moduleUrl('adversarial/accept') }, privileged: { module: moduleUrl('pod-privileged') } },
    flags: { 'log-level': 'error', 'max-body-size': '64KiB', 'policy-timeout': '30' },
  });
});
fuzz.after(() => plain[Symbol.asyncDispose]());

const documented = new Set([200, 400, 404, 405, 413, 415, 422, 500, 503]);
const seeds = [review(), review({ object: pod(true), namespace: null }), '{"request":{"uid":"a","user":"b"}}', JSON.stringify(JSON.parse(readFileSync('fixtures/reviews/pod-allowed.json', 'utf8')))].map((text) => Buffer.from(text));
const methods = ['POST', 'POST', 'POST', 'POST', 'POST', 'POST', 'GET', 'PUT', 'OPTIONS', 'PROPFIND'] as const;
const types = ['application/json', 'application/json', 'application/json', 'application/json', 'application/json;charset=x', 'text/plain', 'application/', '/', ';', 'application/a+json'] as const;

function request(chance: Chance, path: string, body: Uint8Array): PipelinedRequest {
  return { head: `${oneOf(chance, methods)} ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${oneOf(chance, types)}\r\n`, body };
}

/** Sends so many requests and tells how often each status came back. */
async function statusesOf(count: number, seed: number, make: (chance: Chance) => PipelinedRequest): Promise<ReadonlyMap<number, number>> {
  const chance = chanceOf(seed);
  const statuses = new Map<number, number>();
  const size = 250;
  for (let sent = 0; sent < count; sent += size) {
    const requests = Array.from({ length: size }, () => make(chance));
    const responses = await pipelined(plain.server.port, requests);
    for (const [index, response] of responses.entries()) {
      assertDocumented(response, requests[index]);
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
    }
  }
  return statuses;
}

function assertDocumented({ status, body }: PipelinedResponse, asked: PipelinedRequest | undefined): void {
  const described = (): string => `${status} ${body.slice(0, 200)} to ${asked?.head.split('\r\n')[0] ?? ''} ${Buffer.from(asked?.body ?? []).toString('latin1').slice(0, 300)}`;
  if (!documented.has(status)) assert.unreachable(described());
  if (status === 503 && asked?.head.includes('timeout') !== true) assert.unreachable(described());
  if (status !== 200) return;
  const { response } = JSON.parse(body) as { response: { uid: unknown; allowed: unknown } };
  if (typeof response.uid !== 'string' || typeof response.allowed !== 'boolean') assert.unreachable(described());
}

/** What went wrong on our side: everything at error but ids that are none, which the contract wants to be 500. */
const bugs = (): readonly string[] => plain.log.filter((line) => !line.includes('POLICY_ID_INVALID'));

fuzz('70,000 bodies that are nearly reviews', async () => {
  const statuses = await statusesOf(70_000, 1, (chance) => {
    const [first = Buffer.alloc(0), ...others] = seeds;
    const path = `/${oneOf(chance, ['validate', 'audit', 'validate_raw'])}/${oneOf(chance, ['accept', 'accept', 'nobody'])}`;
    return request(chance, path, mutated(chance, oneOf(chance, [first, ...others])));
  });
  for (const status of [200, 400, 404, 405, 415, 422]) assert.ok((statuses.get(status) ?? 0) > 100, `${status} is reached: ${JSON.stringify([...statuses])}`);
  assert.equal(bugs(), []);
});

fuzz('25,000 paths that lead anywhere', async () => {
  const body = Buffer.from(review());
  const statuses = await statusesOf(25_000, 2, (chance) => request(chance, somePath(chance), body));
  for (const status of [200, 404, 405, 500]) assert.ok((statuses.get(status) ?? 0) > 10, `${status} is reached: ${JSON.stringify([...statuses])}`);
  assert.equal(bugs(), []);
});

fuzz('5,000 bodies of chance and size', async () => {
  const statuses = await statusesOf(5_000, 3, (chance) => {
    const body = Buffer.alloc(below(chance, chance() < 0.02 ? 70_000 : 200), oneOf(chance, ['{"a":', '[', '"', '9', '\\u0000', '{"request":{']));
    return request(chance, '/validate/privileged', body);
  });
  assert.ok((statuses.get(413) ?? 0) > 0);
  assert.equal(bugs(), []);
});

fuzz('bytes of chance on connections of either protocol end the connection and nothing else', async () => {
  await using started = await startedServer({ policies: { accept: { module: moduleUrl('adversarial/accept') } }, limits: { headersMs: 300, checkMs: 50, idleMs: 300, lingerMs: 100 } });
  const chance = chanceOf(4);
  for (let round = 0; round < 100; round += 1) {
    const batch = Array.from({ length: 5 }, async () => {
      const isHttp2 = chance() < 0.5;
      const garbage = Buffer.from(Array.from({ length: below(chance, 400) }, () => below(chance, 256)));
      using connection = await rawConnection(started.target, isHttp2 ? 'h2' : 'http/1.1');
      connection.socket.write(isHttp2 && chance() < 0.8 ? Buffer.concat([preface, garbage]) : garbage);
      connection.socket.end();
      await connection.closed;
    });
    await Promise.all(batch);
  }
  for (const client of started.clients) assert.is((await client.send({ path: '/validate/accept', body: review() })).status, 200);
  assert.equal(started.log.filter((line) => line.includes('"error"')), []);
});

fuzz.run();
