// The API server's audit log: who asked for what, whether it was allowed, and what came of it. PURE.

/** A request, as far as tests look at it. */
export interface AuditEvent {
  readonly auditID: string;
  /** `ResponseStarted` of a watch that may still go on, otherwise `ResponseComplete` or `Panic`. */
  readonly stage: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly user: { readonly username: string };
  readonly objectRef?: { readonly apiGroup?: string; readonly resource: string; readonly subresource?: string; readonly namespace?: string; readonly name?: string };
  readonly responseStatus?: { readonly code: number; readonly message?: string };
  readonly annotations?: Readonly<Record<string, string>>;
  readonly requestReceivedTimestamp: string;
}

/** The name of a ServiceAccount as a user. */
export function accountName(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

/** The events of a log, each request once. A last line that is still being written is left out. */
export function parseAuditLog(text: string): readonly AuditEvent[] {
  const events = text.slice(0, text.lastIndexOf('\n') + 1).split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as AuditEvent);
  return [...new Map(events.map((event) => [event.auditID, event])).values()];
}

/** Whether the user has no right to what was asked for. */
export function isForbidden({ annotations }: AuditEvent): boolean {
  return annotations?.['authorization.k8s.io/decision'] === 'forbid';
}
