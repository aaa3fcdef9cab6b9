import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { nextHop } from '../../../lib/http/redirects.js';

const redirects = suite('http/redirects');

const headers = { authorization: 'Bearer t', cookie: 'c', 'proxy-authorization': 'p', accept: '*/*' };
const from = { url: new URL('https://registry.example/v2/a/blobs/x'), headers };
const isInsecure = (host: string) => host === 'insecure.example:5000';
const go = (status: number, location: string | undefined, start = from) => nextHop(start, { status, location }, isInsecure);

const followed: readonly (readonly [string, string, string, boolean])[] = [
  ['to another path of the same origin credentials go along', '/elsewhere?x=1', 'https://registry.example/elsewhere?x=1', true],
  ['a relative target is resolved', 'y', 'https://registry.example/v2/a/blobs/y', true],
  ['to another host credentials stay behind', 'https://cdn.example/x', 'https://cdn.example/x', false],
  ['to another port credentials stay behind', 'https://registry.example:444/x', 'https://registry.example:444/x', false],
  ['to a subdomain credentials stay behind', 'https://a.registry.example/x', 'https://a.registry.example/x', false],
  ['a target without a scheme of its own is another host', '//cdn.example/x', 'https://cdn.example/x', false],
  ['to plain HTTP where the operator allows it, without credentials', 'http://insecure.example:5000/x', 'http://insecure.example:5000/x', false],
];
for (const [title, location, url, keeps] of followed) {
  for (const status of [301, 302, 303, 307, 308]) {
    redirects(`${title} (${status})`, () => {
      const next = go(status, location);
      assert.is(next.kind, 'follow');
      if (next.kind !== 'follow') return;
      assert.is(next.hop.url.href, url);
      assert.equal(next.hop.headers, keeps ? headers : { accept: '*/*' });
    });
  }
}

const refusals: readonly (readonly [string, string | undefined, string])[] = [
  ['no target', undefined, 'it names no target'],
  ['a target that is no URL', 'https://', 'its target is no HTTP URL'],
  ['a target of another scheme', 'file:///etc/passwd', 'its target is no HTTP URL'],
  ['a target with credentials', 'https://u:p@registry.example/', 'its target holds credentials'],
  ['from TLS to plain HTTP', 'http://registry.example/x', 'it leads from HTTPS to plain HTTP at registry.example'],
];
for (const [title, location, because] of refusals) {
  redirects(`refused: ${title}`, () => assert.equal(go(307, location), { kind: 'refused', because }));
}

for (const status of [200, 304, 401, 404, 500]) {
  redirects(`${status} is no redirect, whatever its headers say`, () => assert.is(go(status, 'https://cdn.example/').kind, 'arrived'));
}

redirects('from plain HTTP to TLS on the same host credentials stay behind: it is another origin', () => {
  const next = go(302, 'https://insecure.example:5000/x', { url: new URL('http://insecure.example:5000/x'), headers });
  assert.equal(next.kind === 'follow' && next.hop.headers, { accept: '*/*' });
});

redirects.run();
