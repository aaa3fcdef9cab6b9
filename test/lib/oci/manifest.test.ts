import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { decodeManifest } from '../../../lib/oci/manifest.js';
import { entryForPlatform, platformOf } from '../../../lib/oci/platform.js';
import { moduleLayer, wasmArtifact } from '../../../lib/oci/wasm-artifact.js';
import { digestOf } from '../../../lib/oci/digest.js';
import { faultOf } from '../../support/fault-of.js';

const manifest = suite('oci/manifest');

const bytes = (document: unknown) => new TextEncoder().encode(typeof document === 'string' ? document : JSON.stringify(document));
const descriptor = (mediaType: string) => ({ mediaType, digest: digestOf(bytes('x')), size: 1 });
const wasm = 'application/vnd.wasm.content.layer.v1+wasm';
const image = (...layers: readonly string[]) => ({ schemaVersion: 2, config: descriptor('application/json'), layers: layers.map(descriptor) });
const imageOf = (document: unknown) => {
  const read = decodeManifest(bytes(document));
  if (read.kind !== 'image') throw new Error('no image');
  return read.image;
};

manifest('an image is told by its layers, whatever its media type says', () => {
  assert.is(decodeManifest(bytes({ ...image(wasm), mediaType: 'application/vnd.oci.image.index.v1+json' })).kind, 'image');
});

manifest('an index is told by its manifests', () => {
  assert.is(decodeManifest(bytes({ schemaVersion: 2, manifests: [] })).kind, 'index');
});

const bad: readonly (readonly [string, unknown])[] = [
  ['no JSON', '{'],
  ['a byte order mark', `\ufeff${JSON.stringify(image(wasm))}`],
  ['another document', []],
  ['null', 'null'],
  ["Docker's first schema", { schemaVersion: 1, fsLayers: [] }],
  ['both at once', { ...image(wasm), manifests: [] }],
  ['a negative size', { ...image(), layers: [{ ...descriptor(wasm), size: -1 }] }],
  ['a size that is no integer', { ...image(), layers: [{ ...descriptor(wasm), size: 1.5 }] }],
  ['a digest that is none', { ...image(), layers: [{ ...descriptor(wasm), digest: '../../etc/passwd' }] }],
  ['no configuration', { schemaVersion: 2, layers: [] }],
];
for (const [title, document] of bad) {
  manifest(`refused: ${title}`, () => assert.is(faultOf(() => decodeManifest(bytes(document))).code, 'OCI_MANIFEST_INVALID'));
}

manifest('bytes that are not UTF-8 are refused', () => {
  assert.is(faultOf(() => decodeManifest(Uint8Array.of(0x7b, 0xff, 0x7d))).code, 'OCI_MANIFEST_INVALID');
});

manifest('the entry of an index is chosen by operating system and architecture', () => {
  const entry = (os: string, architecture: string, size: number) => ({ ...descriptor('application/vnd.oci.image.manifest.v1+json'), size, platform: { os, architecture } });
  const read = decodeManifest(bytes({ schemaVersion: 2, manifests: [{ ...descriptor('x'), size: 9 }, entry('linux', 'arm64', 1), entry('linux', 'amd64', 2), entry('linux', 'amd64', 3)] }));
  if (read.kind !== 'index') throw new Error('no index');
  assert.is(entryForPlatform(read.index, platformOf('linux', 'x64')).size, 2);
  assert.is(entryForPlatform(read.index, platformOf('linux', 'arm64')).size, 1);
  const fault = faultOf(() => entryForPlatform(read.index, platformOf('win32', 'x64')));
  assert.is(fault.code, 'OCI_PLATFORM_MISSING');
  assert.is(fault.message, 'the image index has no entry for windows/amd64; it has linux/arm64, linux/amd64');
});

manifest('the module of an artifact is its first layer', () => {
  assert.equal(moduleLayer(imageOf(image(wasm)), 'registry://r/p:v1'), descriptor(wasm));
});

manifest('an artifact without layers is no policy', () => {
  assert.is(faultOf(() => moduleLayer(imageOf(image()), 'registry://r/p:v1')).message, 'could not pull policy registry://r/p:v1: empty layers');
});

manifest('an artifact with a layer of another kind is no policy', () => {
  const fault = faultOf(() => moduleLayer(imageOf(image(wasm, 'application/vnd.oci.image.layer.v1.tar+gzip')), 'registry://r/p:v1'));
  assert.is(fault.code, 'OCI_ARTIFACT_INVALID');
  assert.match(fault.message, 'Incompatible layer media type: application/vnd.oci.image.layer.v1.tar+gzip');
});

manifest('an artifact is packed as Kubewarden packs it, always in the same bytes', () => {
  const module = bytes('module');
  const packed = wasmArtifact(module, { b: '2', a: '1' });
  assert.equal(JSON.parse(new TextDecoder().decode(packed.manifest.bytes)), {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'application/vnd.wasm.config.v1+json', digest: digestOf(bytes('{}')), size: 2 },
    layers: [{ mediaType: wasm, digest: digestOf(module), size: module.byteLength }],
    annotations: { a: '1', b: '2' },
  });
  assert.equal(wasmArtifact(module, { a: '1', b: '2' }).manifest.digest, packed.manifest.digest);
  assert.is(imageOf(new TextDecoder().decode(packed.manifest.bytes)).layers.length, 1);
});

manifest.run();
