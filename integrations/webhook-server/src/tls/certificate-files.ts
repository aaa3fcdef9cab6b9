// Watches the TLS files and hands over new material once it is whole. Polling, not inotify: Kubernetes swaps a symlink, which
// a watch on the file never sees again; what does not parse yet is tried again at the next look, the old material stays.
import { readFile } from 'node:fs/promises';

import { Fault, isFault, messageOf } from 'wasmwarden';

import { tlsMaterial, type TlsMaterial } from './tls-material.js';

/** Paths of the files. */
export interface CertificatePaths {
  readonly certificatePath: string;
  readonly keyPath: string;
  readonly clientCaPaths: readonly string[];
}

/** How often the files are looked at: a rotation may take this long to be served. */
const pollMs = 1000;

/** Told what happens to the files. */
export interface CertificateWatch {
  readonly changed: (material: TlsMaterial) => void;
  /** New files that cannot be used and stay so; told once per problem. */
  readonly refused: (fault: Fault) => void;
}

/**
 * Reads the files once.
 *
 * @throws {Fault} `TLS_FILE_UNREADABLE`, `TLS_MATERIAL_INVALID`
 */
export async function readCertificateFiles(paths: CertificatePaths): Promise<TlsMaterial> {
  return tlsMaterial(await readTexts(paths), [paths.certificatePath, paths.keyPath, ...paths.clientCaPaths]);
}

/** Looks at the files until stopped; `current` is what is being served. */
export function watchCertificateFiles(paths: CertificatePaths, current: TlsMaterial, watch: CertificateWatch): { stop(): void } {
  const told = new Problems();
  let served = keyOf(current);
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    try {
      const material = await readCertificateFiles(paths);
      told.gone();
      if (keyOf(material) !== served && !stopped) {
        served = keyOf(material);
        watch.changed(material);
      }
    } catch (thrown) {
      if (!isFault(thrown)) throw thrown;
      if (told.isNews(thrown)) watch.refused(thrown);
    }
    schedule();
  };
  const schedule = (): void => {
    // The check is needed: a look may end after `stop`.
    if (!stopped) timer = setTimeout(() => void look(), pollMs).unref();
  };
  schedule();
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** Which problem is worth telling: one that two looks in a row have found, once. The first may have come in the middle of a change. */
class Problems {
  #last: string | undefined;
  #told: string | undefined;

  isNews({ message }: Fault): boolean {
    const isLasting = message === this.#last;
    this.#last = message;
    if (!isLasting || message === this.#told) return false;
    this.#told = message;
    return true;
  }

  gone(): void {
    this.#last = undefined;
    this.#told = undefined;
  }
}

async function readTexts({ certificatePath, keyPath, clientCaPaths }: CertificatePaths): Promise<{ certificate: string; key: string; clientCas: string[] }> {
  const [certificate, key, ...clientCas] = await Promise.all([certificatePath, keyPath, ...clientCaPaths].map(readText));
  return { certificate: certificate ?? '', key: key ?? '', clientCas };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    throw new Fault('TLS_FILE_UNREADABLE', `Cannot read the TLS file '${path}': ${messageOf(thrown)}`, { cause: thrown });
  }
}

function keyOf({ cert, key, ca }: TlsMaterial): string {
  return JSON.stringify([cert, key, ca]);
}
