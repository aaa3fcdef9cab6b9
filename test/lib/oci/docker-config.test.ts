import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { type CredentialSource, credentialSource, parseDockerConfig } from '../../../lib/oci/docker-config.js';
import { faultOf } from '../../support/fault-of.js';

const dockerConfig = suite('oci/docker-config');

const base64 = (text: string) => Buffer.from(text).toString('base64');
const basic = (username: string, password: string): CredentialSource => ({ kind: 'basic', username, password });
const auths = (key: string, auth = base64('user:pass')) => ({ auths: { [key]: { auth } } });

const cases: readonly (readonly [string, unknown, string, CredentialSource])[] = [
  ['an empty configuration', {}, 'r.example', { kind: 'none' }],
  ['an entry under its host', auths('r.example'), 'r.example', basic('user', 'pass')],
  ['an entry under a port', auths('r.example:5000'), 'r.example:5000', basic('user', 'pass')],
  ['a port of another', auths('r.example:5000'), 'r.example', { kind: 'none' }],
  ['an entry under a URL', auths('https://r.example/v1/'), 'r.example', basic('user', 'pass')],
  ['an entry under a host with a path', auths('r.example/team'), 'r.example', basic('user', 'pass')],
  ["Docker Hub's entry as Docker writes it", auths('https://index.docker.io/v1/'), 'docker.io', basic('user', 'pass')],
  ['Docker Hub under its API name', auths('registry-1.docker.io'), 'docker.io', basic('user', 'pass')],
  ['an entry of another registry', auths('other.example'), 'r.example', { kind: 'none' }],
  ['a registry that another one ends with', auths('example'), 'r.example', { kind: 'none' }],
  ['a password with colons', auths('r.example', base64('user:p:a:s')), 'r.example', basic('user', 'p:a:s')],
  ['a password that is not ASCII', auths('r.example', base64('user:pässwörd')), 'r.example', basic('user', 'pässwörd')],
  ['base64 without padding', auths('r.example', base64('user:pass').replaceAll('=', '')), 'r.example', basic('user', 'pass')],
  ['an entry that is no pair', auths('r.example', base64('nothing')), 'r.example', { kind: 'unusable', because: 'the entry in auths is not the base64 form of user:password' }],
  ['an identity token', { auths: { 'r.example': { identitytoken: 't', auth: base64('a:b') } } }, 'r.example', { kind: 'unusable', because: 'IdentityToken credential not supported. Using anonymous instead' }],
  ['a helper of the registry comes first', { credHelpers: { 'r.example': 'ecr' }, ...auths('r.example') }, 'r.example', { kind: 'helper', helper: 'ecr', server: 'r.example' }],
  ['a helper of another registry', { credHelpers: { 'other.example': 'ecr' }, ...auths('r.example') }, 'r.example', basic('user', 'pass')],
  ['an entry comes before the store', { credsStore: 'pass', ...auths('r.example') }, 'r.example', basic('user', 'pass')],
  ['the store for the rest', { credsStore: 'pass', ...auths('other.example') }, 'r.example', { kind: 'helper', helper: 'pass', server: 'r.example' }],
  ['the store knows a registry by the name of its empty entry', { credsStore: 'pass', auths: { 'https://index.docker.io/v1/': {} } }, 'docker.io', { kind: 'helper', helper: 'pass', server: 'https://index.docker.io/v1/' }],
  ['a helper whose name leaves the PATH', { credsStore: '../../bin/sh' }, 'r.example', { kind: 'unusable', because: 'the name of the credential helper is malformed' }],
  ['unknown keys are passed over', { HttpHeaders: {}, ...auths('r.example') }, 'r.example', basic('user', 'pass')],
];
for (const [title, document, registry, expected] of cases) {
  dockerConfig(title, () => assert.equal(credentialSource(parseDockerConfig(document), registry), expected));
}

dockerConfig('a malformed configuration is told by its place and not by its secret', () => {
  const fault = faultOf(() => parseDockerConfig({ auths: { 'r.example': { auth: ['c2VjcmV0'] } } }));
  assert.is(fault.code, 'DOCKER_CONFIG_INVALID');
  assert.is(fault.message, "unexpected content at 'auths.r.example.auth'");
});

dockerConfig.run();
