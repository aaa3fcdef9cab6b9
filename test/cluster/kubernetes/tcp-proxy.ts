// A TCP proxy in front of the API server that a test can make as bad as networks get.
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What the proxy does to connections; shares are probabilities for each piece that the server sends. */
export interface Weather {
  /** Connections are refused a moment after they were accepted. */
  readonly away: boolean;
  /** Ends a connection by a reset. */
  readonly resets: number;
  /** Ends a connection in the middle, as if the server had. */
  readonly ends: number;
  /** Goes on accepting and never says anything again. */
  readonly silences: number;
  /** Longest time that a piece is held back, in milliseconds. */
  readonly delayMs: number;
}

export const clear: Weather = { away: false, resets: 0, ends: 0, silences: 0, delayMs: 0 };

export class TcpProxy implements AsyncDisposable {
  weather: Weather = clear;
  /** Connections that were ended, or silenced, on purpose. */
  harmed = 0;
  readonly #server: Server;
  readonly #random: () => number;
  readonly #open = new Set<Socket>();

  private constructor(server: Server, random: () => number) {
    this.#server = server;
    this.#random = random;
  }

  static async start(target: { readonly host: string; readonly port: number }, random: () => number): Promise<TcpProxy> {
    const server = createServer();
    const proxy = new TcpProxy(server, random);
    server.on('connection', (client) => proxy.#join(client, connect(target)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get origin(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ends every connection that is open. */
  cut(): void {
    for (const socket of this.#open) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket, server: Socket): void {
    let silent = false;
    for (const [socket, other] of [[client, server], [server, client]] as const) {
      this.#open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#open.delete(socket);
        if (!silent) other.destroy();
      });
    }
    if (this.weather.away) {
      client.resetAndDestroy();
      return;
    }
    client.on('data', (chunk) => server.write(chunk));
    server.on('data', (chunk) => {
      const chance = this.#random();
      const { resets, ends, silences, delayMs } = this.weather;
      if (silent) return;
      if (chance < resets + ends + silences) this.harmed += 1;
      if (chance < resets) client.resetAndDestroy();
      else if (chance < resets + ends) client.end(chunk.subarray(0, chunk.length >> 1));
      else if (chance < resets + ends + silences) silent = true;
      else if (delayMs === 0) client.write(chunk);
      else {
        server.pause();
        setTimeout(() => {
          if (!client.destroyed) client.write(chunk);
          server.resume();
        }, this.#random() * delayMs);
      }
    });
  }
}
