import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { NetworkEvent } from '../../../lib/http/network-event.js';
import { basicAuthorization, type Credentials, dockerCredentials } from '../../../lib/oci/credentials.js';
import type { DockerConfig } from '../../../lib/oci/docker-config.js';

const credentials = suite('oci/credentials');

async function look(config: DockerConfig, answer: { readonly username: string; readonly secret: string } | Error) {
  const events: NetworkEvent[] = [];
  const asked: string[] = [];
  const helper = (name: string, server: string) => {
    asked.push(`${name} ${server}`);
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  const found = await dockerCredentials(config, helper, (event) => void events.push(event))('r.example', new AbortController().signal);
  return { found, events, asked };
}

const anonymous: Credentials = { kind: 'anonymous' };

credentials('a helper is asked for the registry', async () => {
  const { found, asked, events } = await look({ credsStore: 'pass' }, { username: 'u', secret: 's' });
  assert.equal(found, { kind: 'basic', username: 'u', password: 's' });
  assert.equal(asked, ['pass r.example']);
  assert.equal(events, []);
});

credentials('a helper that fails makes the client anonymous, and that is told', async () => {
  const { found, events } = await look({ credsStore: 'pass' }, new Error('no such helper'));
  assert.equal(found, anonymous);
  assert.equal(events, [{ kind: 'credentials-unusable', registry: 'r.example', because: 'no such helper' }]);
});

credentials('a helper that answers an identity token makes the client anonymous, and that is told', async () => {
  const { found, events } = await look({ credsStore: 'pass' }, { username: '<token>', secret: 's' });
  assert.equal(found, anonymous);
  assert.is(events.length, 1);
});

credentials('an unusable entry is told', async () => {
  const { found, events } = await look({ auths: { 'r.example': { identitytoken: 't' } } }, new Error());
  assert.equal(found, anonymous);
  assert.equal(events, [{ kind: 'credentials-unusable', registry: 'r.example', because: 'IdentityToken credential not supported. Using anonymous instead' }]);
});

credentials('nothing known is nothing to tell', async () => {
  assert.equal(await look({}, new Error()), { found: anonymous, events: [], asked: [] });
});

credentials('an authorization header is base64 of UTF-8', () => {
  assert.is(basicAuthorization('user', 'p:ä'), 'Basic dXNlcjpwOsOk');
});

credentials.run();
