// The store of modules on disk, shared between processes without locks: every file appears whole, and beside the modules,
// in a folder that is none of the reference's, each complete download leaves its digest, so that damage shows.
import { createReadStream, type Dirent } from 'node:fs';
import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';

import { bytesIn } from '../http/body.js';
import { type Digest, hexOf, parseDigest } from '../oci/digest.js';
import { stageFile, type StagedFile, type WrittenFile } from './atomic-file.js';
import { type Location, parseLocation } from './location.js';
import { isWasm } from './module-content.js';
import { partialName, removeAbandoned } from './partial-files.js';
import type { SourceEventSink } from './source-event.js';
import { fileProblem, sourceFault } from './source-fault.js';
import { type ComponentStyle, decodeComponents, encodeComponents, type StorableLocation, storeComponents, storeSchemes, uriOfComponents } from './store-layout.js';

/** A module on disk. */
export interface StoredModule {
  readonly path: string;
  /** SHA-256 of the file. */
  readonly digest: Digest;
  readonly bytes: number;
}

/** A module in the store, with the URI it was pulled from. */
export interface ListedModule extends StoredModule {
  readonly uri: string;
}

export interface ModuleStoreOptions {
  /** The folder; made when something is stored. */
  readonly root: string;
  readonly onEvent?: SourceEventSink;
}

/** How components are written on this system: where the separator is a backslash, `:` is reserved. */
const style: ComponentStyle = sep === '/' ? 'plain' : 'encoded';

export class ModuleStore {
  readonly root: string;
  readonly #emit: SourceEventSink;
  #tidied: Promise<void> | undefined;

  constructor({ root, onEvent = (): void => undefined }: ModuleStoreOptions) {
    this.root = root;
    this.#emit = onEvent;
  }

  /** Where a location is or will be stored. */
  pathOf(location: StorableLocation): string {
    return join(this.root, ...encodeComponents(storeComponents(location), style));
  }

  /**
   * Finds a module that is whole: it begins as a module does, and it is what was once stored. A module that something
   * else put there counts as it is.
   *
   * @throws {Fault} `STORE_READ_FAILED`
   */
  async find(location: StorableLocation): Promise<StoredModule | undefined> {
    return this.#whole(this.pathOf(location));
  }

  /** Tells whether a module of the store is whole, as `find` does. */
  async isWhole(path: string): Promise<boolean> {
    return (await this.#whole(path)) !== undefined;
  }

  async #whole(path: string): Promise<StoredModule | undefined> {
    const found = await readModule(path);
    if (found === undefined) return undefined;
    const recorded = await namesIn(this.#recordsOf(path));
    const because = !found.isWasm ? 'invalid wasm file' : recorded.length > 0 && !recorded.includes(hexOf(found.digest)) ? 'it is not what was downloaded' : undefined;
    if (because === undefined) return { path, digest: found.digest, bytes: found.bytes };
    this.#emit({ kind: 'stored-module-corrupted', path, because });
    return undefined;
  }

  /** Stores a module; it appears when it is complete. Failures leave what was there before. */
  async write(location: StorableLocation, chunks: AsyncIterable<Uint8Array>): Promise<WrittenFile> {
    const staged = await this.stage(storeComponents(location), chunks);
    await staged.appear();
    return staged.written;
  }

  /** Writes a module that is to appear later, or not at all. The components must be those of a location. */
  async stage(components: readonly string[], chunks: AsyncIterable<Uint8Array>): Promise<StagedFile> {
    await this.#tidy();
    const path = join(this.root, ...encodeComponents(components, style));
    const partial = join(this.root, '.partial', partialName());
    return stageFile({ partial, path, beforeAppearing: ({ digest }) => this.#record(path, digest) }, chunks);
  }

  /** Every module, by URI. Files that are no module of any location are passed over. */
  async list(): Promise<readonly ListedModule[]> {
    const paths = await Promise.all(storeSchemes.map((scheme) => filesBelow(join(this.root, scheme))));
    const listed: ListedModule[] = [];
    for (const path of paths.flat()) {
      const uri = this.#uriOf(path);
      const found = uri === undefined ? undefined : await readModule(path);
      if (uri !== undefined && found?.isWasm === true) listed.push({ uri, path, digest: found.digest, bytes: found.bytes });
    }
    return listed.sort((one, other) => (one.uri < other.uri ? -1 : 1));
  }

  /**
   * The module whose digest begins with these hexadecimal digits.
   *
   * @throws {Fault} `MODULE_NOT_FOUND`: none, or several
   */
  async findByDigest(prefix: string): Promise<ListedModule> {
    const isPrefix = /^[0-9a-f]{1,64}$/.test(prefix);
    const matches = isPrefix ? (await this.list()).filter(({ digest }) => hexOf(digest).startsWith(prefix)) : [];
    const [match] = matches;
    if (match === undefined) throw sourceFault('MODULE_NOT_FOUND', `Cannot find policy with uri: ${prefix}`);
    // One module under several names is one module: any of them serves.
    if (matches.some(({ digest }) => digest !== match.digest)) throw sourceFault('MODULE_NOT_FOUND', `multiple policies found with the same prefix: ${prefix}`);
    return match;
  }

  /**
   * Removes a module and the folders that this empties.
   *
   * @throws {Fault} `MODULE_NOT_FOUND`, `STORE_WRITE_FAILED`
   */
  async remove(path: string): Promise<void> {
    try {
      await rm(path);
    } catch (error) {
      const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      if (isMissing) throw sourceFault('MODULE_NOT_FOUND', `cannot remove ${path}: there is no such policy in the store`);
      throw sourceFault('STORE_WRITE_FAILED', `cannot remove ${path}: ${fileProblem(error)}`);
    }
    await rm(this.#recordsOf(path), { recursive: true, force: true });
    await this.#prune(dirname(path));
    await this.#prune(dirname(this.#recordsOf(path)));
  }

  /** The components of a stored module's path, as they are in archives. */
  componentsOf(path: string): readonly string[] | undefined {
    const components = decodeComponents(relative(this.root, path).split(sep), style);
    return components === undefined || uriOfComponents(components) === undefined ? undefined : components;
  }

  #uriOf(path: string): string | undefined {
    const components = this.componentsOf(path);
    return components === undefined ? undefined : uriOfComponents(components);
  }

  /** One empty file for each complete content that this path ever had: an append-only set needs no lock. */
  #recordsOf(path: string): string {
    return join(this.root, '.digests', relative(this.root, path));
  }

  async #record(path: string, digest: Digest): Promise<void> {
    const folder = this.#recordsOf(path);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, hexOf(digest)), '');
  }

  async #prune(folder: string): Promise<void> {
    for (let at = folder; at.length > this.root.length; at = dirname(at)) {
      const isGone = await rmdir(at).then(
        () => true,
        () => false,
      );
      if (!isGone) return;
    }
  }

  #tidy(): Promise<void> {
    this.#tidied ??= removeAbandoned(join(this.root, '.partial'), Date.now());
    return this.#tidied;
  }
}

/** Reads a location that may be stored. @throws {Fault} `LOCATION_INVALID` */
export function parseStorable(text: string): StorableLocation {
  const location: Location = parseLocation(text);
  if (location.kind === 'file') throw sourceFault('LOCATION_INVALID', `cannot look up ${text}: local files are not in the store`);
  return location;
}

async function readModule(path: string): Promise<{ readonly digest: Digest; readonly bytes: number; readonly isWasm: boolean } | undefined> {
  const hash = createHash('sha256');
  let head: Buffer = Buffer.alloc(0);
  let bytes = 0;
  try {
    for await (const chunk of bytesIn(createReadStream(path))) {
      if (head.byteLength < 4) head = Buffer.concat([head, chunk]);
      hash.update(chunk);
      bytes += chunk.byteLength;
    }
  } catch (error) {
    const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw sourceFault('STORE_READ_FAILED', `cannot read ${path}: ${fileProblem(error)}`);
  }
  return { digest: parseDigest(`sha256:${hash.digest('hex')}`), bytes, isWasm: isWasm(head) };
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries: readonly Dirent[] = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

async function namesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((): Dirent[] => []);
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}
