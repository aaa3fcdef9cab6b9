// The Secrets that certificates are stored in (contract 5.1), and what is to be done about each.
import { certificateFormat, certificateFormatAnnotation, partOf, partOfLabel } from '../desired/labels.js';
import { secretNames, serverDnsName } from '../desired/names.js';
import { serverMetadata } from '../desired/server-objects.js';
import type { PolicyServer } from '../crds/custom-object.js';
import type { Action } from '../plan/actions.js';
import { planMetadata, preconditionOf } from '../plan/plan.js';
import type { SeenObject, WantedMetadata } from '../world/kubernetes-object.js';
import type { Authority } from '../world/world.js';
import type { LeafSubject } from './authority.js';
import { leafDecision, type AuthorityDecision } from './renewal.js';
import { secretData } from './secret-data.js';

/** A certificate that the authority is to sign, and where it is stored. */
export interface LeafPlace {
  readonly secret: WantedMetadata;
  readonly subject: LeafSubject;
}

/** What is to be done about a certificate. */
export interface LeafPlan {
  readonly actions: readonly Action[];
  /** When to look again, in milliseconds. */
  readonly nextMs: number | undefined;
}

/** The metadata of a Secret that belongs to no PolicyServer. */
function ownMetadata(name: string, namespace: string): WantedMetadata {
  return { name, namespace, labels: { [partOfLabel]: partOf } };
}

/** The place of a policy-server's certificate. */
export function serverLeaf(server: PolicyServer, namespace: string): LeafPlace {
  const name = serverDnsName(server.metadata.name, namespace);
  return { secret: { ...serverMetadata(server, namespace), annotations: { [certificateFormatAnnotation]: certificateFormat } }, subject: { commonName: name, dnsNames: [name] } };
}

/** The place of the controller's own certificate. */
export function controllerLeaf(service: string, namespace: string): LeafPlace {
  const name = `${service}.${namespace}.svc`;
  return { secret: ownMetadata(secretNames.controller, namespace), subject: { commonName: name, dnsNames: [name] } };
}

/** The place of the certificate that the audit scanner shows to policy-servers. */
export function auditScannerLeaf(namespace: string): LeafPlace {
  return { secret: ownMetadata(secretNames.auditScanner, namespace), subject: { commonName: 'audit-scanner-client', dnsNames: [] } };
}

/** The state that a certificate is judged by. */
export interface LeafState {
  readonly seen: SeenObject | undefined;
  readonly authority: Authority;
  /** Everyone who checks the certificate trusts the authority already. */
  readonly trusted: boolean;
  readonly nowMs: number;
}

/** What is to be done about a certificate. */
export function planLeaf({ secret, subject }: LeafPlace, { seen, authority, trusted, nowMs }: LeafState): LeafPlan {
  const format = secret.annotations?.[certificateFormatAnnotation];
  const decision = leafDecision(seen, { dnsName: subject.dnsNames[0], authority, nowMs, trusted });
  const mint = (because: string): LeafPlan => ({ actions: [{ kind: 'mint', secret, subject, authority, precondition: seen === undefined ? undefined : preconditionOf(seen), because }], nextMs: undefined });
  if (decision.kind === 'mint') return mint(decision.because);
  const nextMs = decision.kind === 'wait' ? undefined : decision.nextMs;
  if (decision.kind === 'keep' && format !== undefined && seen?.metadata.annotations?.[certificateFormatAnnotation] !== format) return mint('the Secret is of another format');
  const strayed = seen === undefined ? undefined : planMetadata(seen, secret);
  return { actions: strayed === undefined ? [] : [strayed], nextMs };
}

/** What is to be done about the authority. */
export function planAuthority(seen: SeenObject | undefined, decision: AuthorityDecision, namespace: string): readonly Action[] {
  const secret = ownMetadata(secretNames.authority, namespace);
  switch (decision.kind) {
    case 'keep':
      return [];
    case 'mint':
      return [{ kind: 'mint-authority', secret, previous: decision.previous, precondition: seen === undefined ? undefined : preconditionOf(seen), because: decision.because }];
    case 'set-previous':
      return seen === undefined ? [] : [{ kind: 'replace-fields', reference: { apiVersion: 'v1', kind: 'Secret', name: secret.name, namespace }, fields: { data: authorityData(decision.authority) }, precondition: preconditionOf(seen) }];
  }
}

/** Data of the authority's Secret. */
export function authorityData({ certificate, key, previous }: Authority): Readonly<Record<string, string>> {
  return secretData({ 'ca.crt': certificate, 'ca.key': key, 'old-ca.crt': previous });
}
