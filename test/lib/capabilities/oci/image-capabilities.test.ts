import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { allowAll } from '../../../../lib/capabilities/allow-list.js';
import { createDispatcher } from '../../../../lib/capabilities/dispatch.js';
import { imageCapabilities, type ImageReader } from '../../../../lib/capabilities/oci/image-capabilities.js';
import { Fault } from '../../../../lib/fault.js';
import { digestOf } from '../../../../lib/oci/digest.js';
import { decodeManifest } from '../../../../lib/oci/manifest.js';
import { formatReference } from '../../../../lib/oci/reference.js';
import { bytesOf, recordedContext, textOf } from '../call-context.js';

const images = suite('capabilities/oci/image-capabilities');

// Numbers and spaces that reading and writing anew would change.
const manifestText = `{"schemaVersion": 2, "config": {"mediaType":"c","digest":"${digestOf(bytesOf('c'))}","size":1}, "layers": [], "annotations": {"n":"1.0"}, "unknown": 1.0}`;
const manifest = bytesOf(manifestText);
const digest = digestOf(manifest);
const decoded = decodeManifest(manifest);

type Outcome = Fault | undefined;

/** A registry that holds one image under every name, or fails. */
function registryOf(outcome: () => Outcome, config = '{"big":9007199254740993}') {
  const asked: string[] = [];
  const answer = <T>(what: string, value: T): Promise<T> => {
    asked.push(what);
    const failure = outcome();
    return failure === undefined ? Promise.resolve(value) : Promise.reject(failure);
  };
  const reader: ImageReader = {
    resolveDigest: (reference) => answer(`digest ${formatReference(reference)}`, digest),
    fetchManifest: (reference) => answer(`manifest ${formatReference(reference)}`, { digest, bytes: manifest, manifest: decoded }),
    fetchImage: (reference, platform) => {
      if (decoded.kind !== 'image') throw new Error('no image');
      return answer(`image ${formatReference(reference)} for ${platform.os}/${platform.architecture}`, { digest, bytes: manifest, image: decoded.image });
    },
    fetchBlob: (reference, descriptor, maxBytes) => answer(`blob ${descriptor.digest.slice(0, 10)} of at most ${maxBytes} of ${formatReference(reference)}`, bytesOf(config)),
  };
  return { asked, reader };
}

function open(outcome: () => Outcome = () => undefined, config?: string) {
  let nowMs = 0;
  const { asked, reader } = registryOf(outcome, config);
  const capabilities = imageCapabilities({ registry: reader, platform: { os: 'linux', architecture: 'amd64' }, nowMs: () => nowMs });
  const dispatcher = createDispatcher({ builtIn: capabilities });
  const context = recordedContext();
  const call = async (operation: string, payload: unknown): Promise<string> => {
    const answer = await dispatcher.dispatch({ binding: 'kubewarden', namespace: 'oci', operation, payload: bytesOf(JSON.stringify(payload)) }, allowAll, context);
    return answer.kind === 'answered' ? textOf(answer.payload) : answer.message;
  };
  return { asked, call, context, wait: (durationMs: number) => void (nowMs += durationMs) };
}

images('a digest', async () => {
  const { call, asked } = open();
  assert.is(await call('v1/manifest_digest', 'busybox:1'), `{"digest":"${digest}"}`);
  assert.equal(asked, ['digest docker.io/library/busybox:1']);
});

images('a manifest reaches the guest as the registry wrote it', async () => {
  assert.is(await open().call('v1/oci_manifest', 'busybox'), manifestText);
});

images('a manifest with its configuration, for the platform of the host, keeps every digit', async () => {
  const { call, asked } = open();
  assert.is(await call('v1/oci_manifest_config', 'ghcr.io/a/b:v1'), `{"manifest":${manifestText},"digest":"${digest}","config":{"big":9007199254740993}}`);
  assert.equal(asked, ['image ghcr.io/a/b:v1 for linux/amd64', 'blob sha256:2e7 of at most 4194304 of ghcr.io/a/b:v1']);
});

images('an answer is good for a minute, and for the name as it was written', async () => {
  const { call, asked, wait } = open();
  await call('v1/manifest_digest', 'busybox');
  wait(59_999);
  await call('v1/manifest_digest', 'busybox');
  assert.is(asked.length, 1);
  await call('v1/manifest_digest', 'busybox:latest');
  await call('v1/oci_manifest', 'busybox');
  assert.is(asked.length, 3);
  wait(1);
  await call('v1/manifest_digest', 'busybox');
  assert.is(asked.length, 4);
});

images('failures are not kept', async () => {
  let failure: Outcome = new Fault('REGISTRY_NOT_FOUND', 'no');
  const { call } = open(() => failure);
  assert.match(await call('v1/manifest_digest', 'busybox'), 'no such image');
  failure = undefined;
  assert.match(await call('v1/manifest_digest', 'busybox'), digest);
});

const told: readonly (readonly [string, string, string])[] = [
  ['there is no such image', 'REGISTRY_NOT_FOUND', "Callback evaluation failure: cannot read the manifest digest of 'busybox': the registry has no such image"],
  ['access is not allowed', 'REGISTRY_DENIED', "Callback evaluation failure: cannot read the manifest digest of 'busybox': the registry does not allow access"],
  ['there is no variant for the platform', 'OCI_PLATFORM_MISSING', "Callback evaluation failure: cannot read the manifest digest of 'busybox': the image has no variant for this platform"],
];
for (const [title, code, message] of told) {
  images(`a policy may know that ${title}, and nothing of how that was found`, async () => {
    const { call, context } = open(() => new Fault(code, 'https://internal.example said hunter2'));
    assert.is(await call('v1/manifest_digest', 'busybox'), message);
    assert.is(context.events.filter(({ kind }) => kind === 'capability-failed').length, 0);
  });
}

images('what is between the operator and the registry is told to the operator alone', async () => {
  const { call, context } = open(() => new Fault('HTTP_UNTRUSTED', 'internal.example cannot be used'));
  assert.is(await call('v1/manifest_digest', 'busybox'), "Callback evaluation failure: the host capability 'oci/v1/manifest_digest' failed, the reason has been reported to the operator");
  assert.ok(context.events.some((event) => event.kind === 'capability-failed' && event.problem === 'internal.example cannot be used'));
});

images('a malformed name is told', async () => {
  const { call, asked } = open();
  assert.match(await call('v1/oci_manifest', 'UPPER/x y'), /^Callback evaluation failure: Invalid OCI image reference: 'UPPER\/x y'/);
  assert.equal(asked, []);
});

images('a request that is no name is told', async () => {
  assert.match(await open().call('v1/oci_manifest', { image: 'busybox' }), 'expected string');
});

images('a configuration that is no JSON document is not put into an answer', async () => {
  const { call } = open(() => undefined, '{} "injected"');
  assert.is(await call('v1/oci_manifest_config', 'busybox'), 'Callback evaluation failure: the configuration of the image is no JSON document');
});

images.run();
