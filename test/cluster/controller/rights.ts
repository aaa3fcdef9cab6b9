// What the controller may do according to `deploy/`, and which of it a request uses.

import { readFileSync } from 'node:fs';

import { parseAllDocuments } from 'yaml';

import type { AuditEvent } from '../api/audit.js';

/** One verb on one resource, in one namespace or in all. */
export interface Right {
  readonly role: string;
  readonly namespace: string | undefined;
  readonly group: string;
  /** With its subresource, as `policyservers/status`. */
  readonly resource: string;
  readonly resourceNames: readonly string[] | undefined;
  readonly verb: string;
}

interface Role {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules: readonly { readonly apiGroups: readonly string[]; readonly resources: readonly string[]; readonly resourceNames?: readonly string[]; readonly verbs: readonly string[] }[];
}

/** Every right that the Roles of a manifest grant. */
export function rightsOf(path: string): readonly Right[] {
  const documents = parseAllDocuments(readFileSync(path, 'utf8')).map((document) => document.toJS() as Role);
  return documents
    .filter(({ kind }) => ['Role', 'ClusterRole'].includes(kind))
    .flatMap(({ kind, metadata, rules }) =>
      rules.flatMap(({ apiGroups, resources, resourceNames, verbs }) =>
        apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => ({ role: `${kind} ${metadata.name}`, namespace: metadata.namespace, group, resource, resourceNames, verb })))),
      ),
    );
}

/** Whether a request needs a right. */
export function uses(event: AuditEvent, right: Right): boolean {
  const { objectRef: asked } = event;
  if (asked === undefined || !verbsOf(event).includes(right.verb)) return false;
  const resource = asked.subresource === undefined ? asked.resource : `${asked.resource}/${asked.subresource}`;
  return (asked.apiGroup ?? '') === right.group && resource === right.resource && isWithin(asked, right);
}

/** Server-side apply of an object that was not there asks for two rights. */
function verbsOf({ verb, responseStatus }: AuditEvent): readonly string[] {
  return verb === 'patch' && responseStatus?.code === 201 ? ['patch', 'create'] : [verb];
}

function isWithin(asked: NonNullable<AuditEvent['objectRef']>, { namespace, resourceNames }: Right): boolean {
  const isNamed = resourceNames === undefined || (asked.name !== undefined && resourceNames.includes(asked.name));
  return isNamed && (namespace === undefined || namespace === asked.namespace);
}

/** A right as a sentence for people. */
export function formatRight({ role, verb, group, resource }: Right): string {
  return `${role}: ${verb} ${resource}${group === '' ? '' : `.${group}`}`;
}
