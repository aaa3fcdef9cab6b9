// AdmissionReviews made for tests, small unless asked otherwise.

/** What matters of a review; the rest is filled in. */
export interface ReviewParts {
  readonly uid?: string;
  readonly kind?: string;
  readonly namespace?: string | null;
  readonly operation?: string;
  readonly object?: unknown;
}

/** The text of an AdmissionReview. */
export function review({ uid = 'a-uid', kind = 'Pod', namespace = 'default', operation = 'CREATE', object }: ReviewParts = {}): string {
  return JSON.stringify({
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    request: {
      uid,
      kind: { group: '', version: 'v1', kind },
      resource: { group: '', version: 'v1', resource: `${kind.toLowerCase()}s` },
      requestKind: { group: '', version: 'v1', kind },
      operation,
      userInfo: { username: 'alice' },
      name: 'thing',
      ...(namespace === null ? {} : { namespace }),
      object: object ?? { apiVersion: 'v1', kind, metadata: { name: 'thing' } },
    },
  });
}

/** A Pod whose container is privileged, or not. */
export function pod(isPrivileged: boolean): unknown {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'thing' }, spec: { containers: [{ name: 'main', image: 'busybox', securityContext: { privileged: isPrivileged } }] } };
}
