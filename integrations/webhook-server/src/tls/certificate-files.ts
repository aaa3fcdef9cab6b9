// Watches the TLS files and hands over new material once it is whole. Polling, not inotify: Kubernetes swaps a symlink, which
// a watch on the file never sees again; what does not parse yet is tried again at the next look, the old material stays.
import { readFile } from 'node:fs/promises';

import { Fault, isFault } from 'wasmwarden';

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
  /** New files that cannot be used; told once per content. */
  readonly refused: (fault: Fault) => void;
}

/**
 * Reads the files once.
 *
 * @throws {Fault} `TLS_FILE_UNREADABLE`, `TLS_MATERIAL_INVALID`
 */
export async function readCertificateFiles(paths: CertificatePaths): Promise<TlsMaterial> {
  return tlsMaterial(await readTexts(paths));
}

/** Looks at the files until stopped; `current` is what is being served. */
export function watchCertificateFiles(paths: CertificatePaths, current: TlsMaterial, watch: CertificateWatch): { stop(): void } {
  let served = keyOf(current);
  let refused: string | undefined;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    try {
      const material = await readCertificateFiles(paths);
      refused = undefined;
      if (keyOf(material) !== served) {
        served = keyOf(material);
        watch.changed(material);
      }
    } catch (thrown) {
      if (!isFault(thrown)) throw thrown;
      if (thrown.message !== refused) watch.refused(thrown);
      refused = thrown.message;
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

async function readTexts({ certificatePath, keyPath, clientCaPaths }: CertificatePaths): Promise<{ certificate: string; key: string; clientCas: string[] }> {
  const [certificate, key, ...clientCas] = await Promise.all([certificatePath, keyPath, ...clientCaPaths].map(readText));
  return { certificate: certificate ?? '', key: key ?? '', clientCas };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    throw new Fault('TLS_FILE_UNREADABLE', `Cannot read the TLS file '${path}': ${thrown instanceof Error ? thrown.message : String(thrown)}`, { cause: thrown });
  }
}

function keyOf({ cert, key, ca }: TlsMaterial): string {
  return JSON.stringify([cert, key, ca]);
}
