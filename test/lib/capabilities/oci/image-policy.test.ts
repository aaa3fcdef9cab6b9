// A real policy, in a real sandbox, asks a registry on loopback by each of the three capabilities.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { imageCapabilities } from '../../../../lib/capabilities/oci/image-capabilities.js';
import { digestOf } from '../../../../lib/oci/digest.js';
import { wasmArtifact } from '../../../../lib/oci/wasm-artifact.js';
import { parseRawRequest } from '../../../../lib/policy/admission.js';
import { createRuntime } from '../../../../lib/runtime/runtime.js';
import { fixtureBytes } from '../../../support/fixtures.js';
import { makeCertificates } from '../../../support/certificates.js';
import { moduleBytes } from '../../../support/modules.js';
import { openBench, trusted } from '../../../support/source-bench.js';
import { startWebServer } from '../../../support/web-server.js';

const imagePolicy = suite('capabilities/oci/image-policy');

const linux = { os: 'linux', architecture: 'amd64' };
const { config, manifest } = wasmArtifact(moduleBytes(1), {});
const descriptor = { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.bytes.byteLength };
const index = new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, manifests: [{ ...descriptor, digest: digestOf(moduleBytes(2)), platform: { ...linux, architecture: 'arm64' } }, { ...descriptor, platform: linux }] }));

const certificates = makeCertificates();

/** Asks by a policy, and answers what the policy saw. */
async function ask(operation: string, tag: string, grants: readonly string[] = ['oci/*']) {
  await using server = await startWebServer((request, response) => {
    if (request.url === '/v2/team/image/manifests/all') response.end(index);
    else if (request.url?.endsWith(manifest.digest) === true) response.end(manifest.bytes);
    else if (request.url?.endsWith(config.digest) === true) response.end(config.bytes);
    else response.writeHead(404).end();
  }, certificates);
  await using bench = openBench({ [server.host]: trusted(certificates.ca) });
  await using runtime = createRuntime({ workers: 1, spareWorkers: 0, capabilities: imageCapabilities({ registry: bench.registry, platform: linux }) });
  await runtime.load({ asks: { module: fixtureBytes('host-call'), hostCapabilities: [...grants] } });
  const request = { uid: '1', namespace: 'oci', operation, payload: `${server.host}/team/image:${tag}` };
  const { response } = await runtime.evaluate('asks', parseRawRequest(new TextEncoder().encode(JSON.stringify(request))));
  return { message: response.status?.message ?? '', asked: server.seen.length };
}

imagePolicy('a policy learns a digest', async () => {
  assert.equal(JSON.parse((await ask('v1/manifest_digest', 'all')).message), { digest: digestOf(index) });
});

imagePolicy('a policy sees an index as it is', async () => {
  assert.is((await ask('v1/oci_manifest', 'all')).message, new TextDecoder().decode(index));
});

imagePolicy('a policy sees the manifest and configuration for the platform of the host', async () => {
  const seen: unknown = JSON.parse((await ask('v1/oci_manifest_config', 'all')).message);
  assert.equal(seen, { manifest: JSON.parse(new TextDecoder().decode(manifest.bytes)) as unknown, digest: manifest.digest, config: {} });
});

imagePolicy('a policy is told that there is no such image', async () => {
  assert.match((await ask('v1/oci_manifest', 'none')).message, /Callback evaluation failure: cannot read the manifest of '.*\/team\/image:none': the registry has no such image/);
});

imagePolicy('a policy without the grant asks nobody', async () => {
  const { message, asked } = await ask('v1/oci_manifest', 'all', ['oci/v1/manifest_digest']);
  assert.match(message, "Policy has not been granted access to the 'oci/v1/oci_manifest' host capability");
  assert.is(asked, 0);
});

imagePolicy.run();
