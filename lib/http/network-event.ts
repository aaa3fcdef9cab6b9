// What the clients say about themselves while they work. None of it holds a secret.

export type NetworkEvent =
  | {
      /** The operator listed the host as insecure, and nothing safer worked. */
      readonly kind: 'insecure-connection-used';
      readonly host: string;
      readonly how: 'unverified-tls' | 'plain-http';
    }
  | {
      readonly kind: 'attempt-failed';
      /** What is tried again. */
      readonly what: string;
      readonly because: string;
      /** Counted from 1. */
      readonly attempt: number;
      readonly delayMs: number;
    }
  | {
      /** Credentials were configured and could not be used; the registry is asked as anonymous. */
      readonly kind: 'credentials-unusable';
      readonly registry: string;
      readonly because: string;
    };

/** Receives every event, synchronously and in order; what it throws is not caught. */
export type NetworkEventSink = (event: NetworkEvent) => void;
