// What a policy-server is asked about an object: an AdmissionReview as if the object were being created now (contract 7.5),
// with the object's bytes as the API server wrote them.
import type { ApiObject } from '../kubernetes/api-object.js';
import type { ApiResource } from '../kubernetes/resource.js';

/** What `request.resource.resource` says: the plural, as in every request of an API server, or the kind, as the reference has it. */
export type ResourceNaming = 'plural' | 'kind';

export interface Reviewed {
  readonly object: Pick<ApiObject, 'metadata'>;
  /** The object's JSON. */
  readonly bytes: Uint8Array;
  readonly resource: ApiResource;
  readonly naming: ResourceNaming;
}

const encoder = new TextEncoder();
const tail = encoder.encode(',"oldObject":null,"options":null}}');

/** Writes the AdmissionReview for an object. */
export function encodeAuditReview({ object, bytes, resource, naming }: Reviewed): Uint8Array {
  const { group, version, kind, plural } = resource;
  const { uid = '', name, namespace } = object.metadata;
  const request = {
    uid,
    kind: { group, version, kind },
    resource: { group, version, resource: naming === 'kind' ? kind : plural },
    requestKind: { group, version, kind },
    name,
    ...(namespace === undefined ? {} : { namespace }),
    operation: 'CREATE',
    userInfo: {},
  };
  const head = encoder.encode(`{"request":${JSON.stringify(request).slice(0, -1)},"object":`);
  const review = new Uint8Array(head.byteLength + bytes.byteLength + tail.byteLength);
  review.set(head);
  review.set(bytes, head.byteLength);
  review.set(tail, head.byteLength + bytes.byteLength);
  return review;
}
