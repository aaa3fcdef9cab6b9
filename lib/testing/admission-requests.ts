// Builds admission requests the way an API server would send them, from as little as an object.
import { Fault } from '../fault.js';

import { kindEntry, type KindEntry } from './kinds.js';

/** A Kubernetes object as far as building a request needs it. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata?: { readonly name?: string; readonly namespace?: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

/** What a request is about; everything has a default but one of the objects. */
export interface RequestParts {
  /** The object after the operation; leave it out for DELETE. */
  readonly object?: KubernetesObject;
  /** The object before it; needed for DELETE, usual for UPDATE. */
  readonly oldObject?: KubernetesObject;
  /** Default: CREATE with an object alone, UPDATE with both, DELETE with an old object alone. */
  readonly operation?: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  /** The plural name; needed for kinds that the kit does not know. */
  readonly resource?: string;
  readonly subResource?: string;
  readonly namespace?: string;
  readonly userInfo?: Readonly<Record<string, unknown>>;
  readonly options?: unknown;
  readonly dryRun?: boolean;
  readonly uid?: string;
}

/** An admission request as a policy sees it. */
export type AdmissionRequestObject = Readonly<Record<string, unknown>> & { readonly uid: string; readonly operation: string };

/** The uid of a request that names none: the same every time, so that outputs can be compared. */
export const defaultUid = '00000000-0000-4000-8000-000000000001';

/**
 * Makes an admission request.
 *
 * @throws {Fault} `TEST_REQUEST_INVALID` without any object, or for an unknown kind without `resource`
 */
export function admissionRequest(parts: RequestParts): AdmissionRequestObject {
  const subject = parts.object ?? parts.oldObject;
  if (subject === undefined) throw new Fault('TEST_REQUEST_INVALID', 'Cannot make a request: give it an object or an oldObject.');
  const found = entryOf(subject, parts.resource);
  const kind = { group: found.group, version: found.version, kind: found.kind };
  const resource = { group: found.group, version: found.version, resource: found.resource };
  const namespace = parts.namespace ?? subject.metadata?.namespace ?? (found.namespaced ? 'default' : undefined);
  return {
    uid: parts.uid ?? defaultUid,
    kind,
    resource,
    ...given('subResource', parts.subResource),
    requestKind: kind,
    requestResource: resource,
    ...given('requestSubResource', parts.subResource),
    ...given('name', subject.metadata?.name),
    ...given('namespace', namespace),
    operation: parts.operation ?? operationOf(parts),
    userInfo: parts.userInfo ?? { username: 'tester', groups: ['system:authenticated'] },
    ...given('object', parts.object),
    ...given('oldObject', parts.oldObject),
    ...given('options', parts.options),
    dryRun: parts.dryRun ?? false,
  };
}

function given(key: string, value: unknown): Record<string, unknown> {
  return value === undefined ? {} : { [key]: value };
}

function operationOf({ object, oldObject }: RequestParts): string {
  if (object === undefined) return 'DELETE';
  return oldObject === undefined ? 'CREATE' : 'UPDATE';
}

function entryOf({ apiVersion, kind }: KubernetesObject, resource: string | undefined): KindEntry {
  const known = kindEntry(apiVersion, kind);
  if (known !== undefined) return resource === undefined ? known : { ...known, resource };
  if (resource === undefined) throw new Fault('TEST_REQUEST_INVALID', `Cannot make a request about ${apiVersion} ${kind}: the kind is not known, name its plural as 'resource'.`);
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  return { group, version, kind, resource, namespaced: true };
}
