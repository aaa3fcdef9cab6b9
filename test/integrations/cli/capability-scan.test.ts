import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { compareCapabilities, usedCapabilities } from '../../../integrations/cli/src/capability-scan.js';

const scan = suite('cli/capability-scan');

const utf8 = (text: string): Uint8Array => Buffer.from(text);
const utf16 = (text: string): Uint8Array => Buffer.from(text, 'utf16le');

const cases: Readonly<Record<string, readonly [data: Uint8Array, used: readonly string[]]>> = {
  'nothing in a program without texts': [utf8(''), []],
  'an operation with its namespace': [utf8('..kubernetes..get_resource..'), ['kubernetes/get_resource']],
  'nothing for an operation without its namespace': [utf8('get_resource'), []],
  'nothing for a namespace alone': [utf8('kubernetes'), []],
  'one operation in several versions': [utf8('oci v1/verify v2/verify'), ['oci/v1/verify', 'oci/v2/verify']],
  'the longer of two operations of which one begins the other': [utf8('ociv1/oci_manifest_config'), ['oci/v1/oci_manifest_config']],
  'both of them where the shorter stands alone': [utf8('ociv1/oci_manifest_configv1/oci_manifestv1/manifest_digest'), ['oci/v1/manifest_digest', 'oci/v1/oci_manifest', 'oci/v1/oci_manifest_config']],
  'texts in UTF-16': [utf16('kubernetescan_i'), ['kubernetes/can_i']],
  'texts in UTF-16 at odd addresses': [Buffer.concat([Buffer.of(0), utf16('kubernetes'), Buffer.of(1), utf16('can_i'), Buffer.of(2), utf16('can_i')]), ['kubernetes/can_i']],
};
for (const [title, [data, used]] of Object.entries(cases)) scan(`finds ${title}`, () => assert.equal(usedCapabilities(data), used));

scan('compares what is used with what is declared; a wildcard declares everything below it', () => {
  const data = utf8('kubernetes get_resource net v1/dns_lookup_host');
  assert.equal(compareCapabilities(data, ['kubernetes/*', 'net/v1/dns_lookup_host']), { undeclared: [], undetected: [] });
  assert.equal(compareCapabilities(data, ['*']), { undeclared: [], undetected: [] });
  assert.equal(compareCapabilities(data, []), { undeclared: ['kubernetes/get_resource', 'net/v1/dns_lookup_host'], undetected: [] });
  assert.equal(compareCapabilities(data, ['oci/*', 'kubernetes/can_i', 'net/*']), { undeclared: ['kubernetes/get_resource'], undetected: ['kubernetes/can_i', 'oci/*'] });
});

scan.run();
