import { chmodSync } from 'node:fs';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { reviewText } from '../../../support/fixtures.js';
import { callCli, fixturePath, Folder } from '../cli-process.js';
import { addBadCases } from './bad-case.js';

const requests = suite('cli/bad-input/requests');
const folder = new Folder();
requests.after(() => folder.remove());

const policy = fixturePath('pod-privileged');
const missing = `${folder.path}/missing`;
const withoutRequest = '{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}';
const deep = '['.repeat(100_000) + ']'.repeat(100_000);
const requestIn = (name: string, content: string | Uint8Array): readonly string[] => ['run', policy, '-r', folder.file(`${name}.json`, content)];

addBadCases(requests, {
  'a review without request': { words: requestIn('no-request', withoutRequest), says: 'invalid AdmissionReview object' },
  'a review with a null request': { words: requestIn('null-request', '{"kind":"AdmissionReview","request":null}'), says: 'invalid AdmissionReview object' },
  'a request without uid': { words: requestIn('no-uid', '{"kind":{"group":"","version":"v1","kind":"Pod"}}'), says: 'cannot build AdmissionRequest object from given input: missing field `uid`' },
  'a request that is no object': { words: requestIn('list', '[1]'), says: 'Invalid request object' },
  'a request that is a string': { words: requestIn('string', '"AdmissionReview"'), says: 'Invalid request object' },
  'a request that is not UTF-8': { words: requestIn('latin1', Buffer.from('{"uid":"\xe9"}', 'latin1')), says: /^Error: Cannot use the request: .*not well-formed UTF-8$/ },
  'a request with bytes behind it': { words: requestIn('trailing', `${reviewText('pod-allowed')} x`), says: 'Cannot use the request: cannot read JSON' },
  'a request that is cut off': { words: requestIn('cut', reviewText('pod-allowed').slice(0, 400)), says: 'cannot read JSON' },
  'a request with a key twice': { words: requestIn('twice', reviewText('pod-allowed').replace('"uid"', '"uid": "1", "uid"')), says: 'appears twice' },
  'a request nested 100,000 levels deep': { words: requestIn('deep', deep), says: 'too many nested arrays and objects' },
  'a raw request nested 100,000 levels deep': { words: [...requestIn('deep-raw', deep), '--raw'], says: /^Error: Cannot use the request: .*too many nested arrays and objects/ },
  '10 MB that are no review': { words: requestIn('large', `{"data":"${'x'.repeat(10_000_000)}"}`), says: 'cannot build AdmissionRequest object' },
  'a request beyond the largest size': { words: requestIn('huge', Buffer.alloc(64 * 1024 * 1024 + 1, 0x20)), says: 'it has more than 67108864 bytes' },
  'a request file that is missing': { words: ['run', policy, '-r', missing], says: `Cannot read the request from '${missing}': there is no such file or folder.` },
  'a request file that is a folder': { words: ['run', policy, '-r', folder.path], says: 'it is a folder' },
  'an empty request file': { words: requestIn('nothing', ''), says: 'it is empty' },
  'an empty standard input': { words: ['run', policy, '-r', '-'], says: 'Cannot read the request from standard input: it is empty.' },
  'a standard input of spaces': { words: ['run', policy, '-r', '-'], says: 'cannot read JSON', options: { stdin: ' \n' } },
});

// Root reads every file.
if (process.getuid?.() !== 0) {
  requests('a request file that may not be read', async () => {
    const path = folder.file('secret.json', '{}');
    chmodSync(path, 0);
    const { code, stderr } = await callCli(['run', policy, '-r', path]);
    assert.is(code, 1);
    assert.match(stderr, 'access is denied');
  });
}

requests.run();
