// The files that connections to policy-servers are made with. A watch outlives authorities and certificates, so they are read
// again for new connections.
import { readFileSync } from 'node:fs';

import { Fault, isFault, messageOf } from 'wasmwarden';

import type { TlsPaths } from '../config.js';
import { type ServerTls, serverTls, type TlsTexts } from './server-tls.js';

/** What the files hold, or held when they could last be used. */
export class TlsFiles {
  readonly #paths: TlsPaths;
  readonly #onFault: (fault: Fault) => void;
  #texts: TlsTexts;
  #tls: ServerTls;
  #complaint: string | undefined;

  /**
   * @param onFault told once when files that were replaced cannot be used; the former ones stay in use
   * @throws {Fault} CONFIG_INVALID
   */
  constructor(paths: TlsPaths, onFault: (fault: Fault) => void) {
    this.#paths = paths;
    this.#onFault = onFault;
    this.#texts = readTexts(paths);
    this.#tls = serverTls(this.#texts);
  }

  /** The options for a new connection. */
  current(): ServerTls {
    try {
      const texts = readTexts(this.#paths);
      if (!isSame(texts, this.#texts)) this.#tls = serverTls(texts);
      this.#texts = texts;
      this.#complaint = undefined;
    } catch (error) {
      if (!isFault(error)) throw error;
      if (this.#complaint !== error.message) this.#onFault(error);
      this.#complaint = error.message;
    }
    return this.#tls;
  }
}

function isSame(one: TlsTexts, other: TlsTexts): boolean {
  return one.authorities === other.authorities && one.client?.certificate === other.client?.certificate && one.client?.key === other.client?.key;
}

function readTexts({ insecure, authorities, client }: TlsPaths): TlsTexts {
  return {
    insecure,
    authorities: authorities === undefined ? undefined : readPem('--extra-ca', authorities),
    client: client === undefined ? undefined : { certificate: readPem('--client-cert', client.certificate), key: readPem('--client-key', client.key) },
  };
}

function readPem(flag: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Fault('CONFIG_INVALID', `${flag}: cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}
