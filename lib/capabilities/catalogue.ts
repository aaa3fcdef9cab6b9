// Every host capability that policies know, built here or not: one list for patterns, documentation and command line.
// `tracing/log` is not among them: it is never gated, so no pattern names it.

/** A host capability that exists in the contract of policies. */
export interface CataloguedCapability {
  /** `{namespace}/{operation}`. */
  readonly path: string;
  /** One line on what it does. */
  readonly summary: string;
  /** The shape of the request's JSON; `?` marks what may be missing or null. */
  readonly request: string;
  /** The shape of the answer's JSON. */
  readonly answer: string;
  /** How long an answer may be kept for the next call; only successes ever are. */
  readonly kept: string;
}

const notKept = 'not kept';
const image = '"image reference"';
const objects = '{"apiVersion", "kind", "metadata": {}, "items": [...]}';
const listOptions = '"label_selector"?, "field_selector"?, "field_masks"?: ["path"]';
const verified = '{"is_trusted": true, "digest": "sha256:..."}';
const keysOrIdentities = '"image", "annotations"?: {"key": "value"}, and the keys or identities that must have signed';

/** The known host capabilities, sorted by path. */
export const catalogue: readonly CataloguedCapability[] = [
  {
    path: 'crypto/v1/is_certificate_trusted',
    summary: 'Tells whether a certificate is trusted by a given chain, or by the Mozilla roots, at a given time.',
    request: '{"cert": C, "cert_chain"?: [C], "not_after"?: "RFC 3339 time"} with C = {"encoding": "Pem" | "Der", "data": [byte]}',
    answer: '{"trusted": boolean, "reason": "text, empty if trusted"}',
    kept: notKept,
  },
  {
    path: 'kubernetes/can_i',
    summary: 'Asks the API server whether a user may perform an action (a SubjectAccessReview).',
    request: '{"subject_access_review": {"user", "groups"?: ["name"], "resource_attributes": {"verb", "resource", "group"?, "name"?, "namespace"?, "subresource"?, "version"?}}, "disable_cache": boolean}',
    answer: '{"allowed": boolean, "denied"?: boolean, "reason"?, "evaluationError"?}',
    kept: '5 s, unless disabled',
  },
  {
    path: 'kubernetes/get_resource',
    summary: 'Fetches one Kubernetes object.',
    request: '{"api_version", "kind", "name", "namespace"?, "disable_cache": boolean, "field_masks"?: ["path"]}',
    answer: 'the object',
    kept: '5 s, unless disabled',
  },
  {
    path: 'kubernetes/list_resources_all',
    summary: 'Lists the Kubernetes objects of one kind in the whole cluster.',
    request: `{"api_version", "kind", ${listOptions}}`,
    answer: objects,
    kept: 'kept current by a watch',
  },
  {
    path: 'kubernetes/list_resources_by_namespace',
    summary: 'Lists the Kubernetes objects of one kind in one namespace.',
    request: `{"api_version", "kind", "namespace", ${listOptions}}`,
    answer: objects,
    kept: 'kept current by a watch',
  },
  {
    path: 'net/v1/dns_lookup_host',
    summary: 'Looks up the IP addresses of a host name with the resolver of the system.',
    request: '"host name"',
    answer: '{"ips": ["address"]}',
    kept: notKept,
  },
  {
    path: 'oci/v1/manifest_digest',
    summary: 'Computes the digest of the manifest that an image reference points to.',
    request: image,
    answer: '{"digest": "sha256:..."}',
    kept: '60 s',
  },
  {
    path: 'oci/v1/oci_manifest',
    summary: 'Fetches the manifest or image index that an image reference points to.',
    request: image,
    answer: 'the manifest or image index',
    kept: '60 s',
  },
  {
    path: 'oci/v1/oci_manifest_config',
    summary: 'Fetches the manifest, its digest and the configuration of an image.',
    request: image,
    answer: '{"manifest": {...}, "digest": "sha256:...", "config": {...}}',
    kept: '60 s',
  },
  {
    path: 'oci/v1/verify',
    summary: 'Verifies the Sigstore signatures of an image by public keys or identities.',
    request: `{"SigstorePubKeyVerify" | "SigstoreKeylessVerify": {${keysOrIdentities}}}`,
    answer: verified,
    kept: '60 s',
  },
  {
    path: 'oci/v2/verify',
    summary: 'Verifies the Sigstore signatures of an image by keys, identities, GitHub workflows or certificates.',
    request: `{"type": "SigstorePubKeyVerify" | "SigstoreKeylessVerify" | "SigstoreKeylessPrefixVerify" | "SigstoreGithubActionsVerify" | "SigstoreCertificateVerify", ${keysOrIdentities}}`,
    answer: verified,
    kept: '60 s',
  },
];

/** The namespace every policy may use without a grant. */
export const ungatedNamespace = 'tracing';

/** The paths of the known host capabilities. */
export const cataloguedPaths: readonly string[] = catalogue.map(({ path }) => path);
