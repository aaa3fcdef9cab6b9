import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { allowAll } from '../../../lib/capabilities/allow-list.js';
import { refusal } from '../../../lib/capabilities/capability.js';
import { createDispatcher } from '../../../lib/capabilities/dispatch.js';
import { dnsLookup, type Resolver } from '../../../lib/capabilities/dns.js';
import { bytesOf, recordedContext, textOf } from './call-context.js';

const dns = suite('capabilities/dns');

async function lookUp(payload: string, resolver: Resolver, signal?: AbortSignal) {
  const { dispatch } = createDispatcher({ builtIn: [dnsLookup(resolver)] });
  const call = { binding: 'kubewarden', namespace: 'net', operation: 'v1/dns_lookup_host', payload: bytesOf(payload) };
  const answer = await dispatch(call, allowAll, recordedContext(signal === undefined ? {} : { signal }));
  return answer.kind === 'answered' ? textOf(answer.payload) : answer.message;
}

dns('answers the addresses in the order of the resolver, twice the same one too', async () => {
  assert.is(await lookUp('"example.org"', () => Promise.resolve(['1.2.3.4', '::1', '1.2.3.4'])), '{"ips":["1.2.3.4","::1","1.2.3.4"]}');
});

dns('asks every time', async () => {
  let asked = 0;
  const counting: Resolver = () => Promise.resolve([String((asked += 1))]);
  const { dispatch } = createDispatcher({ builtIn: [dnsLookup(counting)] });
  const call = { binding: 'kubewarden', namespace: 'net', operation: 'v1/dns_lookup_host', payload: bytesOf('"example.org"') };
  await dispatch(call, allowAll, recordedContext());
  const second = await dispatch(call, allowAll, recordedContext());
  assert.is(second.kind === 'answered' && textOf(second.payload), '{"ips":["2"]}');
});

dns('tells a failure of the resolver', async () => {
  const failing: Resolver = () => Promise.reject(refusal('failed to lookup address information: Name or service not known'));
  assert.is(await lookUp('"nowhere.invalid"', failing), 'Callback evaluation failure: failed to lookup address information: Name or service not known');
});

dns('hands the signal of the call to the resolver', async () => {
  const { signal } = new AbortController();
  let seen: AbortSignal | undefined;
  await lookUp('"example.org"', (_, given) => Promise.resolve(((seen = given), [])), signal);
  assert.is(seen, signal);
});

dns('bounds the addresses of an answer', async () => {
  const answer = await lookUp('"many.example"', () => Promise.resolve(Array.from({ length: 5000 }, () => '1.2.3.4')));
  assert.is(answer.match(/1\.2\.3\.4/g)?.length, 1024);
});

const label = 'l'.repeat(63);
const valid: readonly (readonly [string, string])[] = [
  ['one label', 'localhost'],
  ['a final dot', 'example.org.'],
  ['an underscore', '_dmarc.example.org'],
  ['an IPv4 address', '127.0.0.1'],
  ['an IPv6 address', '::ffff:1.2.3.4'],
  ['the longest name', `${label}.${label}.${label}.${'l'.repeat(61)}`],
];
for (const [title, host] of valid) {
  dns(`looks up ${title}`, async () => assert.is(await lookUp(JSON.stringify(host), (asked) => Promise.resolve([asked])), JSON.stringify({ ips: [host] })));
}

const invalid: readonly (readonly [string, string])[] = [
  ['no name', ''],
  ['a dot alone', '.'],
  ['an empty label', 'a..b'],
  ['a label of 64 characters', `${label}l.org`],
  ['a name of 254 characters', `${label}.${label}.${label}.${'l'.repeat(62)}`],
  ['white space', 'example.org '],
  ['a line break', 'example.org\n'],
  ['a null byte, where C would stop reading', 'example.org\0.evil'],
  ['a port', 'example.org:443'],
  ['a path', 'example.org/etc'],
  ['a scope, which names an interface of the host', 'fe80::1%eth0'],
  ['letters beyond ASCII', 'bücher.example'],
];
for (const [title, host] of invalid) {
  dns(`refuses ${title} without asking`, async () => {
    const never: Resolver = () => Promise.reject(new Error('was asked'));
    assert.match(await lookUp(JSON.stringify(host), never), /^Callback evaluation failure: the host name is not valid/);
  });
}

dns('refuses a payload that is no string', async () => {
  assert.match(await lookUp('{"host":"example.org"}', () => Promise.resolve([])), /expected string/);
});

dns.run();
