// Every host capability that policies know, built here or not: one list for patterns, documentation and command line.
// `tracing/log` is not among them: it is never gated, so no pattern names it.

/** A host capability that exists in the contract of policies. */
export interface CataloguedCapability {
  /** `{namespace}/{operation}`. */
  readonly path: string;
  /** One line on what it does. */
  readonly summary: string;
}

/** The known host capabilities, by namespace. */
export const catalogue: readonly CataloguedCapability[] = [
  { path: 'crypto/v1/is_certificate_trusted', summary: 'Tells whether a certificate is trusted by a given chain, or by the Mozilla roots, at a given time.' },
  { path: 'kubernetes/can_i', summary: 'Asks the API server whether a user may perform an action (a SubjectAccessReview).' },
  { path: 'kubernetes/get_resource', summary: 'Fetches one Kubernetes object.' },
  { path: 'kubernetes/list_resources_all', summary: 'Lists the Kubernetes objects of one kind in the whole cluster.' },
  { path: 'kubernetes/list_resources_by_namespace', summary: 'Lists the Kubernetes objects of one kind in one namespace.' },
  { path: 'net/v1/dns_lookup_host', summary: 'Looks up the IP addresses of a host name with the resolver of the system.' },
  { path: 'oci/v1/manifest_digest', summary: 'Computes the digest of the manifest that an image reference points to.' },
  { path: 'oci/v1/oci_manifest', summary: 'Fetches the manifest or image index that an image reference points to.' },
  { path: 'oci/v1/oci_manifest_config', summary: 'Fetches the manifest, its digest and the configuration of an image.' },
  { path: 'oci/v1/verify', summary: 'Verifies the Sigstore signatures of an image by public keys or identities.' },
  { path: 'oci/v2/verify', summary: 'Verifies the Sigstore signatures of an image by keys, identities, GitHub workflows or certificates.' },
];

/** The namespace every policy may use without a grant. */
export const ungatedNamespace = 'tracing';

/** The paths of the known host capabilities. */
export const cataloguedPaths: readonly string[] = catalogue.map(({ path }) => path);
