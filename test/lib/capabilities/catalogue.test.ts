import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { catalogue, cataloguedPaths } from '../../../lib/capabilities/catalogue.js';

const list = suite('capabilities/catalogue');

list('holds the eleven paths of the contract', () => {
  assert.equal(cataloguedPaths, [
    'crypto/v1/is_certificate_trusted',
    'kubernetes/can_i',
    'kubernetes/get_resource',
    'kubernetes/list_resources_all',
    'kubernetes/list_resources_by_namespace',
    'net/v1/dns_lookup_host',
    'oci/v1/manifest_digest',
    'oci/v1/oci_manifest',
    'oci/v1/oci_manifest_config',
    'oci/v1/verify',
    'oci/v2/verify',
  ]);
});

list('says of each in one sentence what it does', () => {
  for (const { path, summary } of catalogue) assert.match(summary, /^[A-Z][^\n]*\.$/, path);
});

list.run();
