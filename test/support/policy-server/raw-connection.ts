// Connections that say exactly what a test wants them to say, however wrong.
import { connect as connectPlain } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Socket } from 'node:net';

import type { Target } from './clients.js';

/** A connection without manners. */
export interface RawConnection extends Disposable {
  readonly socket: Socket;
  /** Everything received so far, one character a byte. */
  readonly received: () => string;
  /** Resolves when the server has ended the connection or cut it. */
  readonly closed: Promise<void>;
  /** Resolves when what was received matches. */
  receives(pattern: RegExp): Promise<void>;
  /** Sends a piece over and over, until the connection is gone. */
  drip(piece: string | Uint8Array, everyMs: number): void;
}

/** Connects; `protocol` is what TLS negotiates. */
export async function rawConnection(target: Target, protocol: 'http/1.1' | 'h2' = 'http/1.1'): Promise<RawConnection> {
  const { port, ca, cert, key } = target;
  const socket = ca === undefined ? connectPlain(port, '127.0.0.1') : connectTls({ port, host: '127.0.0.1', servername: 'localhost', ca, ALPNProtocols: [protocol], ...(cert === undefined ? {} : { cert, key }) });
  let received = '';
  const watchers = new Set<() => void>();
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
    for (const watcher of watchers) watcher();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once(ca === undefined ? 'connect' : 'secureConnect', resolve).once('error', reject);
  });
  return {
    socket,
    received: () => received,
    closed,
    receives: (pattern) =>
      new Promise((resolve, reject) => {
        const watcher = (): void => {
          if (pattern.test(received)) resolve();
        };
        watchers.add(watcher);
        watcher();
        void closed.then(() => reject(new Error(`the connection ended, ${String(pattern)} is not in ${JSON.stringify(received.slice(0, 500))}`)));
      }),
    drip(piece, everyMs) {
      const timer = setInterval(() => socket.write(piece), everyMs);
      void closed.then(() => clearInterval(timer));
    },
    [Symbol.dispose]: () => socket.destroy(),
  };
}
