// What every reconcile is given.
import type { ServerDefaults } from '../desired/server-defaults.js';
import type { FindingContext } from '../status/condition-list.js';
import type { ChangeWindow } from '../world/change-window.js';
import type { SnapshotSource } from '../world/snapshot.js';
import type { OwnerReference } from '../world/kubernetes-object.js';
import type { Performer } from './outcome.js';
import type { StatusWriter } from '../apply/status-writer.js';

/** What every reconcile is given. */
export interface Surroundings {
  readonly source: SnapshotSource;
  readonly writer: Performer;
  readonly status: Pick<StatusWriter, 'write'>;
  readonly windows: Pick<ChangeWindow, 'observe' | 'forget'>;
  readonly defaults: ServerDefaults;
  /** The Service in front of the controller's own webhooks. */
  readonly service: string;
  /** When and about which generation something is said. */
  readonly finding: (metadata: { readonly generation?: number | undefined }) => FindingContext;
  /** Tells whether the controller's own webhooks answer at their Service with a certificate that these authorities trust. */
  readonly ownWebhooksServe: (authorities: string) => Promise<boolean>;
  /** The Namespace of the controller, as an owner. */
  readonly namespaceOwner: () => Promise<OwnerReference>;
}
