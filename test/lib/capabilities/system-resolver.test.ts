import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { type SystemLookup, systemResolver } from '../../../lib/capabilities/system-resolver.js';
import { isFault } from '../../../lib/fault.js';

const resolver = suite('capabilities/system-resolver');
const { signal } = new AbortController();

async function failureOf(lookup: SystemLookup): Promise<string> {
  try {
    await systemResolver(lookup)('example.org', signal);
    return 'none';
  } catch (error) {
    return isFault(error, 'CAPABILITY_REFUSED') ? error.message : String(error);
  }
}

resolver('asks the system for a name that needs no network', async () => {
  assert.equal(await systemResolver()('127.0.0.1', signal), ['127.0.0.1']);
});

resolver('asks for every address in the order of the system', async () => {
  let asked: unknown;
  const addresses = await systemResolver((host, options) => {
    asked = { host, ...options };
    return Promise.resolve([{ address: '::1' }, { address: '127.0.0.1' }]);
  })('localhost', signal);
  assert.equal(asked, { host: 'localhost', all: true, verbatim: true });
  assert.equal(addresses, ['::1', '127.0.0.1']);
});

const failures: readonly (readonly [string, Error, string])[] = [
  ['an unknown name', Object.assign(new Error('getaddrinfo ENOTFOUND example.org'), { code: 'ENOTFOUND' }), 'Name or service not known'],
  ['a silent name server', Object.assign(new Error('getaddrinfo EAI_AGAIN example.org'), { code: 'EAI_AGAIN' }), 'Temporary failure in name resolution'],
  ['any other code', Object.assign(new Error('EPERM at /etc/hosts'), { code: 'EPERM' }), 'EPERM'],
  ['no code at all', new Error('at /etc/hosts'), 'the resolver failed'],
];
for (const [title, error, text] of failures) {
  resolver(`describes ${title} without the words of the library`, async () => {
    assert.is(await failureOf(() => Promise.reject(error)), `failed to lookup address information: ${text}`);
  });
}

resolver('refuses a lookup when 64 are waiting, and takes one again when one has ended', async () => {
  const waiting: ((addresses: readonly { address: string }[]) => void)[] = [];
  const resolve = systemResolver(() => new Promise((settle) => waiting.push(settle)));
  const lookups = Array.from({ length: 64 }, () => resolve('slow.example', signal));
  let refused: unknown;
  await resolve('one.too.many', signal).catch((error: unknown) => (refused = error));
  assert.ok(isFault(refused, 'CAPABILITY_REFUSED') && refused.message === 'too many lookups are waiting for an answer');
  waiting[0]?.([]);
  await lookups[0];
  const again = resolve('example.org', signal);
  assert.is(waiting.length, 65);
  for (const settle of waiting) settle([{ address: '1.2.3.4' }]);
  assert.equal(await again, ['1.2.3.4']);
  await Promise.all(lookups);
});

resolver.run();
