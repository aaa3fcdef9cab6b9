import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { type HostAccess, mayCarryCredentials, shownUrl, trustsFor } from '../../../lib/http/access.js';

const access = suite('http/access');

const strict: HostAccess = { insecure: false, plainCredentials: false, authorities: ['PEM'] };
const insecure: HostAccess = { insecure: true, plainCredentials: false, authorities: [] };
const open: HostAccess = { insecure: true, plainCredentials: true, authorities: [] };

const ways: readonly (readonly [string, string, HostAccess, readonly string[]])[] = [
  ['a strict host is reached over verified TLS alone', 'https://h/', strict, ['verified']],
  ['an insecure host is verified first', 'https://h/', insecure, ['verified', 'unverified']],
  ['plain HTTP is closed to strict hosts', 'http://h/', strict, []],
  ['plain HTTP is open to insecure hosts', 'http://h/', insecure, ['plain']],
  ['an HTTPS URL is never turned into a plain one', 'https://h/', open, ['verified', 'unverified']],
  ['other schemes are reached in no way', 'ftp://h/', open, []],
];
for (const [title, url, said, expected] of ways) {
  access(title, () => assert.equal(trustsFor(new URL(url), said).map(({ kind }) => kind), expected));
}

const carriers: readonly (readonly [string, string, HostAccess, boolean])[] = [
  ['credentials travel over TLS', 'https://h/', strict, true],
  ['credentials do not travel in plain to an insecure host', 'http://h/', insecure, false],
  ['credentials travel in plain where the operator said so twice', 'http://h/', open, true],
  ['the second word alone is none', 'http://h/', { ...open, insecure: false }, false],
];
for (const [title, url, said, expected] of carriers) {
  access(title, () => assert.is(mayCarryCredentials(new URL(url), said), expected));
}

access('a URL is shown without user, query and fragment', () => {
  assert.is(shownUrl(new URL('https://user:secret@h:8443/a/b?token=secret#secret')), 'https://h:8443/a/b?...');
});

access.run();
