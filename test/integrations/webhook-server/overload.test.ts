import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { http1Client, jsonOf, type TestAnswer } from '../../support/policy-server/clients.js';
import { startedServer } from '../../support/policy-server/in-process.js';
import { moduleUrl } from '../../support/policy-server/modules.js';
import { pod, review } from '../../support/policy-server/reviews.js';

// Policies that misbehave beside one that does not, and more requests than can be judged.
const overload = suite('webhook-server/overload');

const good = { module: moduleUrl('pod-privileged') };
const body = review({ object: pod(false) });
const responseOf = (answer: TestAnswer): { allowed: boolean; status?: { message: string; code?: number } } => (jsonOf(answer) as { response: { allowed: boolean; status?: { message: string } } }).response;

for (const [fixture, extra, expected] of [
  ['infinite-loop', { timeoutEvalSeconds: 1 }, /exceeded the allowed execution time/],
  ['infinite-loop-init', { timeoutEvalSeconds: 1 }, /./],
  ['memory-bomb', { timeoutEvalSeconds: 5 }, /./],
  ['host-call-storm', { timeoutEvalSeconds: 2 }, /./],
  ['host-call-forever', { timeoutEvalSeconds: 1, hostCapabilities: ['*'] }, /./],
  ['log-flood', { timeoutEvalSeconds: 5 }, /./],
  ['huge-response', { timeoutEvalSeconds: 5 }, /./],
  ['stack-overflow', { timeoutEvalSeconds: 5 }, /./],
  ['table-bomb', { timeoutEvalSeconds: 5 }, /./],
] as const) {
  overload(`beside a policy that does ${fixture} another one keeps answering`, async () => {
    await using started = await startedServer({ policies: { good, bad: { module: moduleUrl(`adversarial/${fixture}`), ...extra } }, flags: { 'log-level': 'error', 'continue-on-errors': 'true' } });
    let isDone = false;
    const bad = started.http2.send({ path: '/validate/bad', body }).finally(() => (isDone = true));
    let answered = 0;
    do {
      const answer = await started.http1.send({ path: '/validate/good', body });
      assert.is(answer.status, 200);
      assert.is(responseOf(answer).allowed, true);
      answered += 1;
    } while (!isDone);
    const answer = await bad;
    assert.ok([200, 500].includes(answer.status), answer.text);
    assert.match(answer.text, expected);
    assert.is(responseOf(await started.http1.send({ path: '/validate/good', body })).allowed, true, 'and afterwards');
    assert.ok(answered > 0);
  });
}

overload('requests are judged by a pool of worker threads, as many at once as there are workers', async () => {
  const looping = { module: moduleUrl('adversarial/infinite-loop'), timeoutEvalSeconds: 3 };
  await using started = await startedServer({ policies: { looping }, flags: { workers: '2' } });
  const pending = Array.from({ length: 3 }, () => started.http2.send({ path: '/validate/looping', body }));
  using scraper = http1Client({ port: started.server.metricsPort ?? 0 });
  for (;;) {
    const { text } = await scraper.send({ path: '/metrics', method: 'GET' });
    const figure = (name: string): string | undefined => new RegExp(`^wasmwarden_evaluations_${name} (\\d+)$`, 'm').exec(text)?.[1];
    if (figure('waiting') !== '1') continue;
    assert.is(figure('running'), '2');
    break;
  }
  for (const answer of await Promise.all(pending)) assert.is(answer.status, 200);
});

overload('a full queue is 503 at once, without Retry-After: the API server would try again and again', async () => {
  const looping = { module: moduleUrl('adversarial/infinite-loop'), timeoutEvalSeconds: 2 };
  await using started = await startedServer({ policies: { looping, good }, flags: { 'workers': '1', 'queue-size': '1' } });
  const answers = Array.from({ length: 6 }, () => started.http2.send({ path: '/validate/looping', body }));
  const first = await Promise.race(answers);
  assert.is(first.status, 503);
  assert.equal(jsonOf(first), { message: 'Too many evaluations are waiting; try again later or give the runtime more workers.', status: 503 });
  assert.is(first.headers['retry-after'], undefined);
  const statuses = (await Promise.all(answers)).map(({ status }) => status).sort();
  assert.equal(statuses, [200, 200, 503, 503, 503, 503]);
  assert.is((await started.http1.send({ path: '/validate/good', body })).status, 200, 'served again once there is room');
});

overload('a request is not judged longer than its caller waits, and says so', async () => {
  const looping = { module: moduleUrl('adversarial/infinite-loop'), timeoutEvalSeconds: 60 };
  await using started = await startedServer({ policies: { looping, good } });
  const answer = await started.http2.send({ path: '/validate/looping?timeout=1s', body });
  assert.is(answer.status, 503);
  assert.match(answer.text, 'deadline passed while it ran');
  assert.is(answer.headers['retry-after'], undefined);
});

overload('the wait for a worker counts: who waited too long is not judged at all', async () => {
  const looping = { module: moduleUrl('adversarial/infinite-loop'), timeoutEvalSeconds: 3 };
  await using started = await startedServer({ policies: { looping, good }, flags: { workers: '1' } });
  const busy = started.http2.send({ path: '/validate/looping', body });
  const waiting = await started.http2.send({ path: '/validate/good?timeout=500ms', body });
  assert.is(waiting.status, 503);
  assert.match(waiting.text, 'deadline passed while it waited');
  assert.is((await busy).status, 200);
});

overload('the limit of one policy holds although the global one is switched off', async () => {
  await using started = await startedServer({ policies: { looping: { module: moduleUrl('adversarial/infinite-loop'), timeoutEvalSeconds: 1 }, slow: { module: moduleUrl('adversarial/slow-loop') } }, flags: { 'disable-timeout-protection': 'true' } });
  const [looping, slow] = await Promise.all(['/validate/looping', '/validate/slow'].map((path) => started.http2.send({ path, body })));
  assert.match(looping?.text ?? '', 'exceeded the allowed execution time');
  assert.match(slow?.text ?? '', '"allowed":true');
});

overload('a hundred policies start with fewer places in the queue than there are policies', async () => {
  const policies = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`policy-${index}`, good]));
  await using started = await startedServer({ policies, flags: { 'queue-size': '1' } });
  assert.is((await started.http1.send({ path: '/validate/policy-99', body })).status, 200);
});

overload.run();
