import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { reviewText } from '../../support/fixtures.js';
import { jsonOf, type TestAnswer, type TestRequest } from '../../support/policy-server/clients.js';
import { startedServer, type StartedServer } from '../../support/policy-server/in-process.js';
import { moduleUrl } from '../../support/policy-server/modules.js';
import { pod, review } from '../../support/policy-server/reviews.js';

// Every status and body of the HTTP API (contract 5.6), on every route, over both protocols.
const app = suite('webhook-server/app');

let started: StartedServer;
app.before(async () => {
  started = await startedServer({
    policies: {
      privileged: { module: moduleUrl('pod-privileged') },
      raw: { module: moduleUrl('raw-allowed-user'), settings: { allowed_users: ['alice'] } },
      start: { module: moduleUrl('adversarial/exit-3-in-start') },
      monitored: { module: moduleUrl('pod-privileged'), policyMode: 'monitor' },
      lenient: { module: moduleUrl('pod-privileged'), settings: { skip_init_containers: true } },
    },
    flags: { 'continue-on-errors': 'true', 'max-body-size': '64KiB', 'always-accept-admission-reviews-on-namespace': 'trusted' },
  });
});
app.after(() => started[Symbol.asyncDispose]());

const routes = ['/validate', '/audit', '/validate_raw'] as const;
type Route = (typeof routes)[number];

/** Sends over both protocols and requires the same answer. */
async function send(request: TestRequest): Promise<TestAnswer> {
  const [first, second] = await Promise.all([started.http1.send(request), started.http2.send(request)]);
  assert.equal({ status: second.status, type: second.type, text: second.text }, { status: first.status, type: first.type, text: first.text }, 'both protocols answer alike');
  return first;
}

/** How a fault looks on a route: JSON on `/validate` and for 404 and 5xx, plain text elsewhere. */
function assertFault(answer: TestAnswer, route: Route, status: number, message: string): void {
  assert.is(answer.status, status, answer.text);
  if (route === '/validate' || status === 404 || status >= 500) {
    assert.is(answer.type, 'application/json');
    assert.equal(jsonOf(answer), { message, status });
  } else {
    assert.is(answer.type, 'text/plain; charset=utf-8');
    assert.is(answer.text, message);
  }
}

app('a review gets a review back, with its uid', async () => {
  const answer = await send({ path: '/validate/privileged', body: review({ uid: 'uid-1', object: pod(true) }) });
  assert.is(answer.status, 200);
  assert.is(answer.type, 'application/json');
  const expected = { kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', response: { uid: 'uid-1', allowed: false, status: { message: 'Privileged container is not allowed' }, auditAnnotations: null, warnings: null } };
  assert.is(answer.text, JSON.stringify(expected), 'keys in the order of the contract');
});

app('each policy is exposed at /validate/<its id>, which decides who judges', async () => {
  const body = review({ object: pod(true) });
  const allowed = async (policy: string): Promise<unknown> => (jsonOf(await send({ path: `/validate/${policy}`, body })) as { response: { allowed: unknown } }).response.allowed;
  assert.equal([await allowed('privileged'), await allowed('monitored')], [false, true]);
});

app('one module serves as many policies as it is given settings for', async () => {
  const body = reviewText('pod-privileged-init');
  const allowed = async (policy: string): Promise<unknown> => (jsonOf(await send({ path: `/validate/${policy}`, body })) as { response: { allowed: unknown } }).response.allowed;
  assert.equal([await allowed('privileged'), await allowed('lenient')], [false, true]);
});

app('an audit gets what the policy said, a validation what the operator makes of it', async () => {
  const body = review({ object: pod(true) });
  const allowed = async (path: string): Promise<unknown> => (jsonOf(await send({ path, body })) as { response: { allowed: unknown } }).response.allowed;
  assert.is(await allowed('/validate/monitored'), true);
  assert.is(await allowed('/audit/monitored'), false);
});

app('a raw request gets a bare response', async () => {
  const answer = await send({ path: '/validate_raw/raw', body: '{"request":{"uid":"7","user":"bob"}}' });
  assert.equal(jsonOf(answer), { response: { uid: '7', allowed: false, status: { message: "user 'bob' is not allowed" }, auditAnnotations: null, warnings: null } });
});

for (const route of routes) {
  const path = `${route}/privileged`;
  const well = route === '/validate_raw' ? '{"request":{"user":"alice"}}' : review();

  app(`${route}: an unknown policy is 404`, async () => {
    assertFault(await send({ path: `${route}/nobody`, body: well }), route, 404, 'unknown policy: nobody');
    assertFault(await send({ path: `${route}/nobody%2Fmember`, body: well }), route, 404, 'unknown policy: nobody/member');
  });

  app(`${route}: an id with two slashes is 500 and says nothing`, async () => {
    assertFault(await send({ path: `${route}/a%2Fb%2Fc`, body: well }), route, 500, 'Something went wrong');
  });

  app(`${route}: a policy that could not be initialised is answered for with 200 and code 500`, async () => {
    const answer = await send({ path: `${route}/start`, body: well });
    assert.is(answer.status, 200);
    const { response } = jsonOf(answer) as { response: { allowed: unknown; status: { code: unknown; message: string } } };
    assert.equal([response.allowed, response.status.code], [false, 500]);
    assert.match(response.status.message, 'Initialization failed');
  });

  for (const type of ['text/plain', 'application/yaml', 'application/jsonx', 'application/xml+json2', '', 'json']) {
    app(`${route}: the content type '${type}' is 415`, async () => {
      assertFault(await send({ path, body: well, headers: type === '' ? {} : { 'content-type': type } }), route, 415, 'Expected request with `Content-Type: application/json`');
    });
  }

  for (const type of ['application/json', 'APPLICATION/JSON', 'application/json; charset=utf-8', 'application/vnd.api+json']) {
    app(`${route}: the content type '${type}' is read`, async () => {
      assert.is((await send({ path: `${route}/privileged`, body: route === '/validate_raw' ? '{"request":{}}' : review(), headers: { 'content-type': type } })).status, 200);
    });
  }

  app(`${route}: a body beyond the limit is 413`, async () => {
    for (const size of [64 * 1024 + 1, 1024 * 1024]) assertFault(await send({ path, body: ' '.repeat(size) }), route, 413, 'Failed to buffer the request body: length limit exceeded');
  });

  app(`${route}: a body at the limit is read`, async () => {
    assert.is((await send({ path, body: well.padEnd(64 * 1024) })).status, 200);
  });

  for (const [title, body] of [
    ['no body', ''],
    ['half a document', '{"request":'],
    ['bytes after the document', `${well}}`],
    ['no JSON', 'request'],
    ['a trailing comma', '{"request":{},}'],
  ] as const) {
    app(`${route}: ${title} is 400`, async () => {
      const answer = await send({ path, body });
      assert.is(answer.status, 400);
      assert.match(answer.text, 'Failed to parse the request body as JSON: ');
      assert.is(answer.type, route === '/validate' ? 'application/json' : 'text/plain; charset=utf-8');
    });
  }

  app(`${route}: bytes that are no UTF-8 are 400`, async () => {
    const answer = await send({ path, body: Uint8Array.of(0x22, 0xff, 0x22) });
    assert.is(answer.status, 400);
    assert.match(answer.text, 'Failed to parse the request body as JSON: ');
  });

  for (const [title, body] of [
    ['a document without request', '{}'],
    ['a document that is no object', '[]'],
  ] as const) {
    app(`${route}: ${title} is 422`, async () => {
      const answer = await send({ path, body });
      assert.is(answer.status, 422);
      assert.match(answer.text, 'Failed to deserialize the JSON body into the target type: ');
      assert.is(answer.type, route === '/validate' ? 'application/json' : 'text/plain; charset=utf-8');
    });
  }

  app(`${route}: malformed JSON is told before a policy id that is no id`, async () => {
    assert.is((await send({ path: `${route}/a%2Fb%2Fc`, body: '{' })).status, 400);
    assert.is((await send({ path: `${route}/nobody`, body: '{' })).status, 400);
  });

  for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND']) {
    app(`${route}: the method ${method} is 405 with an empty body`, async () => {
      const answer = await send({ path, method });
      assert.equal([answer.status, answer.text, answer.headers['allow']], [405, '', 'POST']);
    });
  }
}

for (const missing of ['uid', 'kind', 'resource', 'operation', 'userInfo']) {
  app(`a review without ${missing} is 422 and names it`, async () => {
    const { request, ...rest } = JSON.parse(review()) as { request: Record<string, unknown> };
    const body = JSON.stringify({ ...rest, request: Object.fromEntries(Object.entries(request).filter(([key]) => key !== missing)) });
    for (const route of ['/validate', '/audit']) {
      const answer = await send({ path: `${route}/privileged`, body });
      assert.is(answer.status, 422);
      assert.ok(answer.text.includes(`request: missing field \`${missing}\``), answer.text);
    }
  });
}

for (const path of ['/', '/validate', '/validate/', '/validate/privileged/', '/validate/a/b', '/audit', '/validate_raw', '/metrics', '/readiness', '/debug/pprof/cpu', '/VALIDATE/privileged', '/validate//privileged', '/%76alidate']) {
  app(`the path ${path} is 404 with an empty body`, async () => {
    const answer = await send({ path, body: review() });
    assert.equal([answer.status, answer.text], [404, '']);
  });
}

app('a percent sign that encodes nothing is an unknown policy', async () => {
  assert.is((await send({ path: '/validate/%zz', body: review() })).status, 404);
  assert.is((await send({ path: '/validate/%ff', body: review() })).status, 404);
});

app('a policy id is percent-decoded', async () => {
  assert.is((await send({ path: '/validate/%70rivileged', body: review() })).status, 200);
});

app('requests in the accepted namespace are not judged, those of cluster scope are', async () => {
  const allowed = async (body: string, path = '/validate/privileged'): Promise<unknown> => (jsonOf(await send({ path, body })) as { response: { allowed: unknown } }).response.allowed;
  const object = pod(true);
  assert.is(await allowed(review({ namespace: 'trusted', object })), true);
  assert.is(await allowed(review({ namespace: 'trusted', object }), '/audit/privileged'), true);
  assert.is(await allowed(review({ namespace: 'other', object })), false);
  assert.is(await allowed(review({ namespace: null, object })), false);
});

app('in the accepted namespace a policy with wrong settings accepts too, and one that is not there is 404', async () => {
  const accepted = await send({ path: '/validate/start', body: review({ namespace: 'trusted' }) });
  assert.equal(jsonOf(accepted), { kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', response: { uid: 'a-uid', allowed: true, auditAnnotations: null, warnings: null } });
  assertFault(await send({ path: '/validate/nobody', body: review({ namespace: 'trusted' }) }), '/validate', 404, 'unknown policy: nobody');
});

app.run();
