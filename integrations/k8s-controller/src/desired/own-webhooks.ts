// The registrations of the controller's own webhooks, which fill in and check our custom resources (contract 2.2). The controller writes
// them itself, so they come back when somebody removes them (C10).
import { customResources, policiesGroup, storageVersion, type CustomKind } from '../crds/group.js';
import type { Manifest, OwnerReference } from '../world/kubernetes-object.js';
import { partOf, partOfLabel } from './labels.js';
import { ownWebhookNames } from './names.js';
import { servicePort } from './ports.js';
import { webhookApiVersion, type WebhookKind } from './webhook.js';

/** What an own webhook does with an object. */
export type OwnPurpose = 'mutate' | 'validate';

/** What the registrations need. */
export interface OwnWebhooksInput {
  readonly namespace: string;
  readonly service: string;
  /** Authorities of the controller's certificate, as PEM. */
  readonly authorities: string;
  /** The Namespace of the controller: with it the registrations go too, for nobody would answer them. */
  readonly owner: OwnerReference;
}

const purposes: readonly { readonly purpose: OwnPurpose; readonly kind: WebhookKind; readonly name: string }[] = [
  { purpose: 'mutate', kind: 'MutatingWebhookConfiguration', name: ownWebhookNames.mutating },
  { purpose: 'validate', kind: 'ValidatingWebhookConfiguration', name: ownWebhookNames.validating },
];

const kinds = Object.keys(customResources) as readonly CustomKind[];

/** The path at which a purpose is served for a kind. */
export function ownWebhookPath(purpose: OwnPurpose, kind: CustomKind): string {
  return `/${purpose}-${policiesGroup.replaceAll('.', '-')}-${storageVersion}-${customResources[kind].singular}`;
}

/** What is served at a path; undefined for any other. */
export function ownWebhookAt(path: string): { readonly purpose: OwnPurpose; readonly kind: CustomKind } | undefined {
  return purposes.flatMap(({ purpose }) => kinds.map((kind) => ({ purpose, kind }))).find(({ purpose, kind }) => ownWebhookPath(purpose, kind) === path);
}

/** Both registrations. */
export function ownWebhookConfigurations(input: OwnWebhooksInput): readonly Manifest[] {
  return purposes.map(({ purpose, kind, name }) => ({
    apiVersion: webhookApiVersion,
    kind,
    metadata: { name, labels: { [partOfLabel]: partOf }, ownerReferences: [input.owner] },
    webhooks: kinds.map((resource) => ownWebhook(purpose, resource, input)),
  }));
}

function ownWebhook(purpose: OwnPurpose, kind: CustomKind, { namespace, service, authorities }: OwnWebhooksInput): Readonly<Record<string, unknown>> {
  const { plural, singular } = customResources[kind];
  return {
    name: `${purpose === 'mutate' ? 'm' : 'v'}${singular}.kb.io`,
    clientConfig: { service: { namespace, name: service, path: ownWebhookPath(purpose, kind), port: servicePort }, caBundle: Buffer.from(authorities, 'utf8').toString('base64') },
    rules: [{ operations: ['CREATE', 'UPDATE'], apiGroups: [policiesGroup], apiVersions: [storageVersion], resources: [plural], scope: '*' }],
    failurePolicy: 'Fail',
    // Requests in the deprecated version are converted and judged too.
    matchPolicy: 'Equivalent',
    namespaceSelector: {},
    objectSelector: {},
    sideEffects: 'None',
    timeoutSeconds: 10,
    admissionReviewVersions: ['v1', 'v1beta1'],
    // Nothing here may keep a finalizer from being removed, least of all when nobody answers any more (C5).
    matchConditions: [{ name: 'not-being-deleted', expression: '!has(object.metadata.deletionTimestamp)' }],
    ...(purpose === 'mutate' ? { reinvocationPolicy: 'Never' } : {}),
  };
}
