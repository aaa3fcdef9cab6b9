import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { capabilityProblem } from '../../../../integrations/k8s-controller/src/validation/capability-path.js';

const paths = suite('k8s-controller/validation/capability-path');

for (const path of ['*', 'oci/*', 'oci/v1/*', 'oci/v1/verify', 'oci/v2/verify', 'net/v1/dns_lookup_host', 'crypto/v1/is_certificate_trusted', 'kubernetes/*', 'kubernetes/can_i']) {
  paths(`accepts ${path}`, () => assert.is(capabilityProblem(path), undefined));
}

const misplaced = 'wildcard "*" is only allowed as the last path segment (e.g. "oci/*" or "oci/v1/*")';
for (const [path, problem] of [
  ['', 'capability must not be empty'],
  ['*/verify', misplaced],
  ['oci/v*', misplaced],
  ['oci/*/verify', misplaced],
  ['other', 'unknown segment "other", valid options at this level are: crypto, kubernetes, net, oci'],
  ['oci/v3/verify', 'unknown segment "v3", valid options at this level are: v1, v2'],
  ['oci/v1/manifest', 'unknown segment "manifest", valid options at this level are: manifest_digest, oci_manifest, oci_manifest_config, verify'],
  ['kubernetes/v1/can_i', 'unknown segment "v1", valid options at this level are: can_i, get_resource, list_resources_all, list_resources_by_namespace'],
  ['oci/v1/verify/*', '"oci/v1/verify" is a complete capability path and cannot have further segments'],
  ['oci', '"oci" is not a complete capability path; use "oci/*" to allow all capabilities under it'],
  ['oci/v1', '"oci/v1" is not a complete capability path; use "oci/v1/*" to allow all capabilities under it'],
  ['constructor', 'unknown segment "constructor", valid options at this level are: crypto, kubernetes, net, oci'],
] as const) {
  paths(`refuses '${path}'`, () => assert.is(capabilityProblem(path), problem));
}

paths.run();
