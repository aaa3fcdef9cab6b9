// What fetching says about itself: progress for people, warnings for logs. Programs turn these into lines; no secret is in them.
import type { NetworkEvent } from '../http/network-event.js';

export type SourceEvent =
  | NetworkEvent
  | { readonly kind: 'fetch-started'; readonly location: string }
  | {
      readonly kind: 'fetch-progressed';
      readonly location: string;
      readonly receivedBytes: number;
      /** Unknown where the server does not say. */
      readonly totalBytes?: number | undefined;
    }
  | {
      readonly kind: 'fetch-finished';
      readonly location: string;
      readonly path: string;
      /** Where the module came from: a local file as it is, the store, or the network. */
      readonly origin: ModuleOrigin;
    }
  | { readonly kind: 'fetch-failed'; readonly location: string; readonly code: string; readonly message: string }
  | {
      /** A stored module was not what was once stored: it is fetched again. */
      readonly kind: 'stored-module-corrupted';
      readonly path: string;
      readonly because: string;
    };

export type ModuleOrigin = 'file' | 'store' | 'network';

/** Receives every event, synchronously and in order; what it throws is not caught. */
export type SourceEventSink = (event: SourceEvent) => void;
