// Do the controller's own webhooks answer where the API server will look for them? Asked over the Service, with the name and the
// authorities that the API server will use.
import { connect } from 'node:tls';

/** How long an answer may take, in milliseconds. */
const timeoutMs = 5_000;

/** Tells whether a TLS server answers at a name with a certificate for it that the authorities signed. */
export function answersTls(name: string, port: number, authorities: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: name, port, servername: name, ca: authorities, timeout: timeoutMs });
    const settle = (answers: boolean): void => {
      socket.destroy();
      resolve(answers);
    };
    socket.once('secureConnect', () => settle(socket.authorized));
    socket.once('timeout', () => settle(false));
    socket.once('error', () => settle(false));
  });
}
