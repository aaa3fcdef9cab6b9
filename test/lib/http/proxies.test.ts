import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { proxyFor } from '../../../lib/http/proxies.js';

const proxies = suite('http/proxies');

const http = new URL('http://proxy.example:3128');
const https = new URL('http://secure-proxy.example:3128');

proxies('the scheme of the request chooses the proxy', () => {
  assert.is(proxyFor(new URL('http://a.example/'), { http, https, except: [] }), http);
  assert.is(proxyFor(new URL('https://a.example/'), { http, https, except: [] }), https);
  assert.is(proxyFor(new URL('https://a.example/'), { http, except: [] }), undefined);
});

const exceptions: readonly (readonly [string, string, string, boolean])[] = [
  ['a name covers itself', 'a.example', 'https://a.example/', true],
  ['a name covers its subdomains', 'a.example', 'https://b.a.example/', true],
  ['a leading dot changes nothing', '.a.example', 'https://a.example/', true],
  ['a leading wildcard changes nothing', '*.a.example', 'https://b.a.example/', true],
  ['a name does not cover another that ends alike', 'a.example', 'https://ba.example/', false],
  ['case does not matter', 'A.Example', 'https://a.example/', true],
  ['a star covers everything', '*', 'https://a.example/', true],
  ['a port narrows', 'a.example:8443', 'https://a.example/', false],
  ['a port matches the one given', 'a.example:8443', 'https://a.example:8443/', true],
  ['a port matches the default one', 'a.example:443', 'https://a.example/', true],
  ['an address covers itself', '10.0.0.1', 'http://10.0.0.1/', true],
  ['a range covers its addresses', '10.0.0.0/8', 'http://10.200.3.4:5000/', true],
  ['a range covers no others', '10.0.0.0/8', 'http://11.0.0.1/', false],
  ['a range of IPv6 works alike', 'fd00::/8', 'http://[fd12::1]:5000/', true],
  ['a range of one family covers none of the other', '0.0.0.0/0', 'http://[fd12::1]/', false],
  ['a name covers no address', 'example', 'http://10.0.0.1/', false],
  ['a malformed range covers nothing', '10.0.0.0/99', 'http://10.0.0.1/', false],
  ['a lone dot covers nothing', '.', 'http://a.example/', false],
];
for (const [title, exception, url, direct] of exceptions) {
  proxies(title, () => assert.is(proxyFor(new URL(url), { http, https, except: [exception] }) === undefined, direct));
}

proxies.run();
