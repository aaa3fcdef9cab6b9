// Every option of the scanner as data: flag, default and meaning (contract 7.1). config.ts reads values by it, command-line.ts
// builds the command line and the reference page from it.

/** How an option's text is read. */
export type OptionKind = 'text' | 'switch' | 'count' | 'names' | 'level' | 'report-kind';

/** One option. */
export interface AuditOption {
  /** Flag without its dashes. */
  readonly flag: string;
  readonly short: string | undefined;
  readonly kind: OptionKind;
  /** Text as a user would give it; absent when there is no default. */
  readonly fallback: string | undefined;
  readonly summary: string;
}

function option(flag: string, kind: OptionKind, summary: string, { short, fallback }: { readonly short?: string; readonly fallback?: string } = {}): AuditOption {
  return { flag, short, kind, fallback, summary };
}

/** The options in the order of `--help`. */
export const auditOptions: readonly AuditOption[] = [
  option('namespace', 'text', 'scan this namespace only, whatever the skip list says', { short: 'n' }),
  option('cluster', 'switch', 'scan resources of cluster scope only', { short: 'c', fallback: 'false' }),
  option('kubewarden-namespace', 'text', 'namespace of the policy-servers; left out when all namespaces are scanned', { short: 'k', fallback: 'kubewarden' }),
  option('ignore-namespaces', 'names', 'namespaces to leave out when all are scanned, comma-separated; may be repeated', { short: 'i' }),
  option('watch', 'switch', 'stay, and evaluate anew what changes', { fallback: 'false' }),
  option('policy-server-url', 'text', 'ask this URL for every policy-server, for debugging', { short: 'u' }),
  option('insecure-ssl', 'switch', 'accept any certificate of policy-servers', { fallback: 'false' }),
  option('extra-ca', 'text', 'PEM file with authorities of policy-servers, trusted beside those of the system', { short: 'f' }),
  option('client-cert', 'text', 'PEM file with the certificate that policy-servers are shown'),
  option('client-key', 'text', 'PEM file with the key of that certificate'),
  option('report-kind', 'report-kind', 'format of reports: policyreport or openreports', { fallback: 'policyreport' }),
  option('disable-store', 'switch', 'neither write nor remove reports', { fallback: 'false' }),
  option('output-scan', 'switch', 'log each report', { short: 'o', fallback: 'false' }),
  option('parallel-namespaces', 'count', 'namespaces that are scanned at once', { fallback: '1' }),
  option('parallel-resources', 'count', 'objects that are evaluated at once, in each namespace and in cluster scope', { fallback: '100' }),
  option('parallel-policies', 'count', 'policies that are asked about an object at once', { fallback: '5' }),
  option('page-size', 'count', 'objects that are listed at once', { fallback: '100' }),
  option('kind-in-resource', 'switch', 'tell policies the kind in request.resource.resource (Pod instead of pods), as the reference does', { fallback: 'false' }),
  option('loglevel', 'level', 'debug, info, warning or error', { short: 'l', fallback: 'info' }),
];
