import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { apiHost, canonicalRegistry, formatReference, parseReference } from '../../../lib/oci/reference.js';
import { faultOf } from '../../support/fault-of.js';

const reference = suite('oci/reference');

const hex = 'a'.repeat(64);
const readings: readonly (readonly [string, string, string])[] = [
  ['a lone name is an official image of Docker Hub', 'busybox', 'docker.io/library/busybox:latest'],
  ['a tag is kept', 'busybox:1.36', 'docker.io/library/busybox:1.36'],
  ['a user of Docker Hub', 'kubewarden/policy', 'docker.io/kubewarden/policy:latest'],
  ['Docker Hub by its index name', 'index.docker.io/library/busybox', 'docker.io/library/busybox:latest'],
  ['Docker Hub by its API name', 'registry-1.docker.io/busybox', 'docker.io/library/busybox:latest'],
  ['a host with a dot', 'ghcr.io/kubewarden/policies/x:v1', 'ghcr.io/kubewarden/policies/x:v1'],
  ['a host with a port', 'registry:5000/x', 'registry:5000/x:latest'],
  ['localhost needs neither', 'localhost/x', 'localhost/x:latest'],
  ['a host in upper case', 'GHCR.io/x', 'ghcr.io/x:latest'],
  ['an address', '127.0.0.1:5000/x:v1', '127.0.0.1:5000/x:v1'],
  ['an address of IPv6', '[::1]:5000/x', '[::1]:5000/x:latest'],
  ['a digest alone', `ghcr.io/x@sha256:${hex}`, `ghcr.io/x@sha256:${hex}`],
  ['a tag and a digest', `ghcr.io/x:v1@sha256:${hex}`, `ghcr.io/x:v1@sha256:${hex}`],
  ['separators within a component', 'ghcr.io/a.b_c__d---e/f', 'ghcr.io/a.b_c__d---e/f:latest'],
];
for (const [title, text, expected] of readings) {
  reference(title, () => {
    assert.is(formatReference(parseReference(text)), expected);
    assert.is(formatReference(parseReference(expected)), expected);
  });
}

const mistakes: readonly (readonly [string, string, string])[] = [
  ['nothing', '', 'the repository is missing'],
  ['a host alone', 'ghcr.io/', 'the repository is missing'],
  ['upper case', 'ghcr.io/X', 'the repository must be lower-case'],
  ['a component that climbs', 'ghcr.io/../etc/passwd', 'the repository is malformed'],
  ['a component that stays', 'ghcr.io/./x', 'the repository is malformed'],
  ['an empty component', 'ghcr.io//x', 'the repository is malformed'],
  ['a trailing separator', 'ghcr.io/x-', 'the repository is malformed'],
  ['a question mark', 'ghcr.io/x?y=1', 'the repository is malformed'],
  ['a line break', 'ghcr.io/x\n', 'the repository is malformed'],
  ['a host that is none', '-a.b/x', 'the registry is no host name'],
  ['a user in the host', 'user:pass@ghcr.io/x', 'the digest must be'],
  ['a tag that is none', 'ghcr.io/x:-', 'the tag is malformed'],
  ['an empty tag', 'ghcr.io/x:', 'the tag is malformed'],
  ['a tag that is too long', `ghcr.io/x:${'a'.repeat(129)}`, 'the tag is malformed'],
  ['a digest in upper case', `ghcr.io/x@sha256:${'A'.repeat(64)}`, 'the digest must be'],
  ['a digest that is too short', 'ghcr.io/x@sha256:abc', 'the digest must be'],
  ['a digest of another kind', `ghcr.io/x@md5:${hex}`, 'the digest must be'],
  ['a name that is too long', `ghcr.io/${'a'.repeat(250)}`, 'longer than 255'],
];
for (const [title, text, because] of mistakes) {
  reference(`refused: ${title}`, () => {
    const fault = faultOf(() => parseReference(text));
    assert.is(fault.code, 'OCI_REFERENCE_INVALID');
    assert.match(fault.message, /^Invalid OCI image reference: /);
    assert.match(fault.message, because);
  });
}

reference("Docker Hub's API is elsewhere", () => {
  assert.is(apiHost('docker.io'), 'registry-1.docker.io');
  assert.is(apiHost('ghcr.io'), 'ghcr.io');
  assert.is(canonicalRegistry('index.docker.io'), 'docker.io');
});

reference('whatever is read is written the same way again, and could not leave a folder', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z0-9.:/@_-]{1,40}$/), (text) => {
      let read;
      try {
        read = parseReference(text);
      } catch {
        return;
      }
      const written = formatReference(read);
      assert.equal(parseReference(written), read);
      assert.not.ok(written.split('/').some((part) => part === '' || part === '.' || part === '..'));
    }),
    { seed: 1, numRuns: 2000 },
  );
});

reference.run();
