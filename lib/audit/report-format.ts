// The two formats of reports, and where each keeps them.
import { type ApiResource, apiVersionOf } from '../kubernetes/resource.js';

/** The formats by their names on the command line. */
export type ReportFormatName = 'policyreport' | 'openreports';

/** A format of reports. */
export interface ReportFormat {
  readonly name: ReportFormatName;
  /** Reports on objects in namespaces. */
  readonly namespaced: ApiResource;
  /** Reports on other objects. */
  readonly cluster: ApiResource;
  /** What a report has besides what all have. */
  readonly extra: { readonly source?: string };
  /** `apiVersion` and `kind` of a report on an object. */
  readonly identityOf: (namespace: string | undefined) => { readonly apiVersion: string; readonly kind: string };
}

function format(name: ReportFormatName, namespaced: ApiResource, cluster: ApiResource, extra: ReportFormat['extra']): ReportFormat {
  const identityOf = (namespace: string | undefined): { readonly apiVersion: string; readonly kind: string } => {
    const resource = namespace === undefined ? cluster : namespaced;
    return { apiVersion: apiVersionOf(resource), kind: resource.kind };
  };
  return { name, namespaced, cluster, extra, identityOf };
}

/** The formats. */
export const reportFormats: Readonly<Record<ReportFormatName, ReportFormat>> = {
  policyreport: format(
    'policyreport',
    { group: 'wgpolicyk8s.io', version: 'v1alpha2', plural: 'policyreports', kind: 'PolicyReport', namespaced: true },
    { group: 'wgpolicyk8s.io', version: 'v1alpha2', plural: 'clusterpolicyreports', kind: 'ClusterPolicyReport', namespaced: false },
    {},
  ),
  openreports: format(
    'openreports',
    { group: 'openreports.io', version: 'v1alpha1', plural: 'reports', kind: 'Report', namespaced: true },
    { group: 'openreports.io', version: 'v1alpha1', plural: 'clusterreports', kind: 'ClusterReport', namespaced: false },
    { source: '' },
  ),
};
