// Which host capabilities a PolicyServer may name (contract 2.4): the tree of paths, and what is wrong with an entry.

/** Inner nodes by their next segments; `null` is a complete path. */
interface Tree {
  readonly [segment: string]: Tree | null;
}

const capabilities: Tree = {
  oci: { v1: { verify: null, manifest_digest: null, oci_manifest: null, oci_manifest_config: null }, v2: { verify: null } },
  net: { v1: { dns_lookup_host: null } },
  crypto: { v1: { is_certificate_trusted: null } },
  kubernetes: { list_resources_by_namespace: null, list_resources_all: null, get_resource: null, can_i: null },
};

const misplacedWildcard = 'wildcard "*" is only allowed as the last path segment (e.g. "oci/*" or "oci/v1/*")';

/** What is wrong with an entry of `namespacedPoliciesCapabilities`; undefined when nothing is. */
export function capabilityProblem(path: string): string | undefined {
  if (path === '') return 'capability must not be empty';
  const segments = path.split('/');
  let level: Tree = capabilities;
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    if (segment.includes('*')) return segment === '*' && isLast ? undefined : misplacedWildcard;
    const next: Tree | null | undefined = Object.hasOwn(level, segment) ? level[segment] : undefined;
    if (next === undefined) return `unknown segment "${segment}", valid options at this level are: ${Object.keys(level).sort().join(', ')}`;
    if (next === null) return isLast ? undefined : `"${segments.slice(0, index + 1).join('/')}" is a complete capability path and cannot have further segments`;
    level = next;
  }
  return `"${path}" is not a complete capability path; use "${path}/*" to allow all capabilities under it`;
}
