// Following a collection: of its objects only what tells them and their versions apart is kept.
import { type ApiResource, type Change, type ClusterClient, ObjectStore, Reflector, type ReflectorEvent, type Storable } from 'wasmwarden/kubernetes';

/** A collection that is followed until it is let go. */
export interface Followed {
  readonly resource: ApiResource;
  readonly store: ObjectStore<Storable>;
  readonly stop: () => void;
  /** Settles when it has been let go; rejects when what was told of a change failed. */
  readonly ended: Promise<void>;
}

export interface FollowOptions {
  readonly client: ClusterClient;
  readonly resource: ApiResource;
  /** The only namespace that is followed. */
  readonly namespace: string | undefined;
  readonly onChange: (change: Change<Storable>) => void;
  readonly onEvent: (event: ReflectorEvent) => void;
}

/** Begins to follow a collection. */
export function follow({ client, resource, namespace, onChange, onEvent }: FollowOptions): Followed {
  const store = new ObjectStore<Storable>({});
  const stop = new AbortController();
  const trim = ({ metadata: { name, namespace: home, uid, resourceVersion } }: Storable): Storable => ({
    metadata: { name, ...(home === undefined ? {} : { namespace: home }), ...(uid === undefined ? {} : { uid }), ...(resourceVersion === undefined ? {} : { resourceVersion }) },
  });
  const reflector = new Reflector({ client, collection: { resource, namespace }, trim, store, onChange, onEvent });
  return { resource, store, stop: () => stop.abort(), ended: reflector.run(stop.signal) };
}
