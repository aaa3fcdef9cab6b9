// A folder of TLS files as Kubernetes mounts a Secret: names are links into `..data`, itself a link to a dated folder, and a
// change is a new folder and one rename of that link.
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { scratchFolder } from '../scratch.js';

/** Texts by file name. */
export type FolderFiles = Readonly<Record<string, string>>;

/** Files that change all at once, or one by one. */
export class CertificateFolder {
  readonly path = scratchFolder();
  #generation = 0;
  #names: readonly string[] = [];

  constructor(files: FolderFiles) {
    this.swap(files);
    for (const name of this.#names) symlinkSync(join('..data', name), join(this.path, name));
  }

  /** Changes every file at once, as a kubelet does. */
  swap(files: FolderFiles): void {
    const previous = `..generation-${this.#generation}`;
    this.#generation += 1;
    const next = `..generation-${this.#generation}`;
    mkdirSync(join(this.path, next));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.path, next, name), text);
    symlinkSync(next, join(this.path, '..data_tmp'));
    renameSync(join(this.path, '..data_tmp'), join(this.path, '..data'));
    rmSync(join(this.path, previous), { recursive: true, force: true });
    this.#names = Object.keys(files);
  }

  /** Changes one file where it is. */
  write(name: string, text: string): void {
    writeFileSync(join(this.path, name), text);
  }

  /** Where a file is. */
  file(name: string): string {
    return join(this.path, name);
  }
}
