import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { Fault } from '../../../lib/fault.js';
import { type HostAccess, strictAccess } from '../../../lib/http/access.js';
import { createHttpClient } from '../../../lib/http/client.js';
import type { NetworkEvent } from '../../../lib/http/network-event.js';
import type { Transport, TransportRequest } from '../../../lib/http/transport.js';
import { rejectionOf } from '../../support/rejection.js';

const client = suite('http/client');

type Answer = { readonly status: number; readonly location?: string } | Fault;

const insecure: HostAccess = { insecure: true, plainCredentials: false, authorities: [] };

/** A client over a network that answers by `way url`, for instance `plain http://h/`; what it was asked is kept. */
function over(network: Readonly<Record<string, Answer>>, hosts: Readonly<Record<string, HostAccess>> = {}) {
  const asked: { readonly way: string; readonly headers: TransportRequest['headers'] }[] = [];
  const events: NetworkEvent[] = [];
  const transport: Transport = {
    send({ trust, url, headers }) {
      const way = `${trust.kind} ${url.href}`;
      asked.push({ way, headers });
      const answer = network[way] ?? new Fault('HTTP_UNREACHABLE', `no ${way}`);
      if (answer instanceof Fault) return Promise.reject(answer);
      const body = (async function* () {})();
      return Promise.resolve({ status: answer.status, headers: answer.location === undefined ? {} : { location: answer.location }, body, discard: () => Promise.resolve() });
    },
    close: () => Promise.resolve(),
  };
  const http = createHttpClient({ transport, access: (host) => hosts[host] ?? strictAccess, onEvent: (event) => void events.push(event) });
  const get = (url: string, headers = {}) => http.send({ method: 'GET', url: new URL(url), headers, signal: new AbortController().signal });
  return { http, get, asked, events, ways: () => asked.map(({ way }) => way) };
}

client('a strict host is asked once, over verified TLS', async () => {
  const { get, ways, events } = over({ 'verified https://h/': { status: 200 } });
  assert.is((await get('https://h/')).status, 200);
  assert.equal(ways(), ['verified https://h/']);
  assert.equal(events, []);
});

client('a strict host that cannot be verified is not asked otherwise', async () => {
  const { get, ways } = over({ 'verified https://h/': new Fault('HTTP_UNTRUSTED', 'no'), 'unverified https://h/': { status: 200 } });
  assert.is((await rejectionOf(get('https://h/'))).code, 'HTTP_UNTRUSTED');
  assert.equal(ways(), ['verified https://h/']);
});

client('an insecure host is asked without verification when verification fails, and that is told', async () => {
  const { get, ways, events } = over({ 'verified https://h/': new Fault('HTTP_UNTRUSTED', 'no'), 'unverified https://h/': { status: 200 } }, { h: insecure });
  assert.is((await get('https://h/')).status, 200);
  assert.equal(ways(), ['verified https://h/', 'unverified https://h/']);
  assert.equal(events, [{ kind: 'insecure-connection-used', host: 'h', how: 'unverified-tls' }]);
});

client('an answer is an answer: an error status leads to no less secure attempt', async () => {
  const { get, ways } = over({ 'verified https://h/': { status: 500 }, 'unverified https://h/': { status: 200 } }, { h: insecure });
  assert.is((await get('https://h/')).status, 500);
  assert.is(ways().length, 1);
});

client('a timeout leads to no less secure attempt: it would only double the wait', async () => {
  const { get, ways } = over({ 'verified https://h/': new Fault('HTTP_TIMEOUT', 'slow') }, { h: insecure });
  await rejectionOf(get('https://h/'));
  assert.is(ways().length, 1);
});

client('plain HTTP is refused unless the host is insecure', async () => {
  const { get, ways } = over({ 'plain http://h/': { status: 200 } });
  const fault = await rejectionOf(get('http://h/'));
  assert.is(fault.code, 'HTTP_PLAIN_REFUSED');
  assert.match(fault.message, 'insecure_sources');
  assert.equal(ways(), []);
});

client('plain HTTP serves an insecure host, and that is told', async () => {
  const { get, events } = over({ 'plain http://h/': { status: 200 } }, { h: insecure });
  await get('http://h/');
  assert.equal(events, [{ kind: 'insecure-connection-used', host: 'h', how: 'plain-http' }]);
});

client('credentials are refused over plain HTTP before anything is sent', async () => {
  const { get, ways } = over({ 'plain http://h/': { status: 200 } }, { h: insecure });
  const fault = await rejectionOf(get('http://h/', { authorization: 'Basic c2VjcmV0' }));
  assert.is(fault.code, 'HTTP_CREDENTIALS_REFUSED');
  assert.not.match(fault.message, 'c2VjcmV0');
  assert.equal(ways(), []);
});

client('credentials go over plain HTTP where the operator said so twice', async () => {
  const { get, asked } = over({ 'plain http://h/': { status: 200 } }, { h: { ...insecure, plainCredentials: true } });
  await get('http://h/', { authorization: 'Basic c2VjcmV0' });
  assert.is(asked[0]?.headers['authorization'], 'Basic c2VjcmV0');
});

client('a redirect to another host is followed without credentials', async () => {
  const { get, asked } = over({ 'verified https://h/a': { status: 307, location: 'https://cdn/b' }, 'verified https://cdn/b': { status: 200 } });
  const answer = await get('https://h/a', { authorization: 'Bearer t' });
  assert.is(answer.url.href, 'https://cdn/b');
  assert.is(asked[0]?.headers['authorization'], 'Bearer t');
  assert.is(asked[1]?.headers['authorization'], undefined);
});

client('credentials that stayed behind do not come back on the way home', async () => {
  const { get, asked } = over({
    'verified https://h/a': { status: 302, location: 'https://cdn/b' },
    'verified https://cdn/b': { status: 302, location: 'https://h/c' },
    'verified https://h/c': { status: 200 },
  });
  await get('https://h/a', { authorization: 'Bearer t' });
  assert.is(asked[2]?.headers['authorization'], undefined);
});

client('a redirect that goes in circles is given up', async () => {
  const { get, ways } = over({ 'verified https://h/a': { status: 302, location: '/a' } });
  const fault = await rejectionOf(get('https://h/a'));
  assert.is(fault.code, 'HTTP_REDIRECT_REFUSED');
  assert.is(ways().length, 9);
});

client('the target of a redirect is trusted as its own host is', async () => {
  const { get, ways } = over({ 'verified https://h/a': { status: 302, location: 'https://other/b' }, 'unverified https://other/b': { status: 200 } }, { h: insecure });
  assert.is((await rejectionOf(get('https://h/a'))).code, 'HTTP_UNREACHABLE');
  assert.equal(ways(), ['verified https://h/a', 'verified https://other/b']);
});

client('an upload is not redirected', async () => {
  const { http } = over({ 'verified https://h/a': { status: 307, location: 'https://evil/' } });
  const answer = await http.send({ method: 'PUT', url: new URL('https://h/a'), body: new Uint8Array(1), signal: new AbortController().signal });
  assert.is(answer.status, 307);
});

client.run();
