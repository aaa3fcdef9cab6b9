import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { accessTable, effectiveProxies, environmentProxies, parseSources } from '../../../lib/source/sources.js';
import { faultOf } from '../../support/fault-of.js';

const sources = suite('source/sources');

sources('an empty file says nothing', () => {
  for (const document of [undefined, null, {}]) {
    const read = parseSources(document);
    assert.equal(read.insecureSources, []);
    assert.is(read.authorities.size, 0);
    assert.equal(accessTable(read, new Map())('any'), { insecure: false, plainCredentials: false, authorities: [] });
  }
});

sources('hosts are told apart by port, and not by case', () => {
  const access = accessTable(parseSources({ insecure_sources: ['One.example', 'two.example:5000'], plain_http_credentials: ['TWO.example:5000', 'three.example'] }), new Map([['four.example', ['PEM']]]));
  assert.equal(access('one.example'), { insecure: true, plainCredentials: false, authorities: [] });
  assert.equal(access('one.example:5000'), { insecure: false, plainCredentials: false, authorities: [] });
  assert.equal(access('two.example:5000'), { insecure: true, plainCredentials: true, authorities: [] });
  assert.equal(access('three.example'), { insecure: false, plainCredentials: false, authorities: [] });
  assert.equal(access('four.example'), { insecure: false, plainCredentials: false, authorities: ['PEM'] });
});

sources('authorities are given as data or as a path', () => {
  const read = parseSources({ source_authorities: { 'Host:5000': [{ type: 'Data', data: 'PEM' }, { type: 'Path', path: '/x.pem' }] } });
  assert.equal(read.authorities.get('host:5000'), [{ type: 'Data', data: 'PEM' }, { type: 'Path', path: '/x.pem' }]);
});

sources('unknown keys are passed over', () => {
  assert.equal(parseSources({ something: 1, proxies: { ftp_proxy: 'x' } }).insecureSources, []);
});

const mistakes: readonly (readonly [string, unknown, string])[] = [
  ['a list instead of a map', [], 'expected object'],
  ['a lone host', { insecure_sources: 'host' }, 'insecure_sources: expected array'],
  ['an authority of no kind', { source_authorities: { h: [{ type: 'Url', url: 'x' }] } }, 'source_authorities.h.0.type'],
  ['an authority without data', { source_authorities: { h: [{ type: 'Data' }] } }, 'missing field `data`'],
];
for (const [title, document, found] of mistakes) {
  sources(`refused: ${title}`, () => {
    const fault = faultOf(() => parseSources(document));
    assert.is(fault.code, 'SOURCES_INVALID');
    assert.match(fault.message, found);
  });
}

sources('proxies come from the file first, each alone, and then from the environment', () => {
  const file = parseSources({ proxies: { https_proxy: 'http://file:1', no_proxy: '' } }).proxies;
  const environment = environmentProxies({ HTTP_PROXY: 'http://env:2', HTTPS_PROXY: 'http://env:3', NO_PROXY: 'a, b,,' });
  const { http, https, except } = effectiveProxies(file, environment);
  assert.is(http?.href, 'http://env:2/');
  assert.is(https?.href, 'http://file:1/');
  assert.equal(except, ['a', 'b']);
});

sources('of the environment the upper-case name counts first', () => {
  assert.equal(environmentProxies({ HTTP_PROXY: 'http://upper', http_proxy: 'http://lower', https_proxy: 'http://lower' }), { httpProxy: 'http://upper', httpsProxy: 'http://lower', noProxy: undefined });
  assert.equal(environmentProxies({ HTTP_PROXY: '', http_proxy: 'http://lower' }).httpProxy, 'http://lower');
});

sources('a proxy without a scheme is an HTTP proxy', () => {
  assert.is(effectiveProxies({ httpProxy: 'proxy:3128' }, {}).http?.href, 'http://proxy:3128/');
});

sources('a proxy that is none is refused without its text', () => {
  for (const text of ['socks5://user:hunter2@proxy', 'http://user:hunter2@:x']) {
    const fault = faultOf(() => effectiveProxies({ httpsProxy: text }, {}));
    assert.is(fault.message, 'https_proxy is no URL of an HTTP proxy');
  }
});

sources.run();
