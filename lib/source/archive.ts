// Stored modules as one file and back: a gzipped tar of paths below the store's root, for machines without a network.
// An archive is hostile until read to its end: nothing of it appears in the store before.
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';

import { extract, type Header, pack, type Pack } from 'tar-stream';

import { isFault } from '../fault.js';
import { bytesIn } from '../http/body.js';
import { maxModuleBytes } from '../wasm/ceilings.js';
import { replaceable, type StagedFile, writeAtomically } from './atomic-file.js';
import { moduleContent } from './module-content.js';
import type { ModuleStore } from './module-store.js';
import { partialName } from './partial-files.js';
import { fileProblem, sourceFault } from './source-fault.js';
import { uriOfComponents } from './store-layout.js';

/** What an archive may hold. */
export interface ArchiveLimits {
  readonly maxEntries: number;
  /** Of one module. */
  readonly maxEntryBytes: number;
  /** Of the whole archive, unpacked. */
  readonly maxTotalBytes: number;
}

/** A thousand modules, 4 GiB of them. */
export const defaultArchiveLimits: ArchiveLimits = { maxEntries: 1000, maxEntryBytes: maxModuleBytes, maxTotalBytes: 4 * 1024 * 1024 * 1024 };

/**
 * Writes stored modules to an archive, in the order given; the same modules always give the same bytes.
 *
 * @param paths of modules in the store
 * @throws {Fault} `MODULE_NOT_FOUND`, `STORE_WRITE_FAILED`
 */
export async function saveArchive(store: ModuleStore, paths: readonly string[], archive: string): Promise<void> {
  const target = await replaceable(archive);
  const packed = pack();
  const gzip = createGzip();
  // Whichever part fails ends the others, which would wait for it; its failure is the first, and the one to be told.
  const failures: unknown[] = [];
  const ending = (part: Promise<unknown>): Promise<unknown> =>
    part.catch((error: unknown) => {
      failures.push(error);
      packed.destroy();
      gzip.destroy();
    });
  const partial = join(dirname(target), `.${basename(target)}.${partialName()}`);
  await Promise.all([ending(feed(packed, store, paths)), ending(pipeline(bytesIn(packed), gzip)), ending(writeAtomically({ partial, path: target }, gzip))]);
  const [failure] = failures;
  if (failure !== undefined) throw failure instanceof Error ? failure : new Error('the archive could not be saved', { cause: failure });
}

async function feed(packed: Pack, store: ModuleStore, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const name = store.componentsOf(path)?.join('/');
    const bytes = name === undefined ? undefined : await readFile(path).catch(() => undefined);
    if (name === undefined || bytes === undefined) throw sourceFault('MODULE_NOT_FOUND', `cannot save ${path}: there is no such policy in the store`);
    await new Promise<void>((resolve, reject) => {
      packed.entry({ name, mode: 0o644, mtime: new Date(0) }, bytes, (error) => (error instanceof Error ? reject(error) : resolve()));
    });
  }
  packed.finalize();
}

/**
 * Adds the modules of an archive to the store: all of them, or none.
 *
 * Only regular files are accepted, at paths where a location is stored, and only WebAssembly modules.
 *
 * @returns the URIs of the modules, in the archive's order
 * @throws {Fault} `ARCHIVE_INVALID`, `STORE_WRITE_FAILED`
 */
export async function loadArchive(store: ModuleStore, archive: string, limits: ArchiveLimits = defaultArchiveLimits): Promise<readonly string[]> {
  const staged = new Map<string, StagedFile>();
  try {
    await stageEntries(store, archive, limits, staged);
    for (const file of staged.values()) await file.appear();
    return [...staged.keys()];
  } catch (error) {
    await Promise.all([...staged.values()].map((file) => file.discard()));
    if (isFault(error, 'STORE_WRITE_FAILED')) throw error;
    throw sourceFault('ARCHIVE_INVALID', `cannot load the archive ${archive}: ${isFault(error) ? error.message : archiveProblem(error)}`);
  }
}

async function stageEntries(store: ModuleStore, archive: string, limits: ArchiveLimits, staged: Map<string, StagedFile>): Promise<void> {
  const entries = extract();
  const unpacking = pipeline(createReadStream(archive), createGunzip(), (chunks: AsyncIterable<Uint8Array>) => bounded(chunks, limits.maxTotalBytes), entries);
  // Its failure reaches the loop below too, through the stream.
  const unpacked = unpacking.then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error : new Error('the archive cannot be read', { cause: error })),
  );
  try {
    for await (const entry of entries) {
      const { components, uri } = acceptedEntry(entry.header, limits);
      if (staged.has(uri)) throw invalid(`it holds ${uri} twice`);
      if (staged.size === limits.maxEntries) throw invalid(`it holds more than ${limits.maxEntries} modules`);
      staged.set(uri, await store.stage(components, moduleContent(bytesIn(entry), limits.maxEntryBytes)));
    }
  } catch (error) {
    const cause = await unpacked;
    throw isFault(error) ? error : (cause ?? error);
  }
  const failure = await unpacked;
  if (failure !== undefined) throw failure;
}

function acceptedEntry({ name, type, size }: Header, limits: ArchiveLimits): { readonly components: readonly string[]; readonly uri: string } {
  const shown = JSON.stringify(name.slice(0, 200));
  if (type !== 'file') throw invalid(`the entry ${shown} is no regular file but a ${type}`);
  const components = name.split('/');
  const uri = uriOfComponents(components);
  if (uri === undefined) throw invalid(`the entry ${shown} is not at a path of the store, such as registry/host/name:tag`);
  if (size > limits.maxEntryBytes) throw invalid(`the entry ${shown} is larger than ${limits.maxEntryBytes} bytes`);
  // Distinct paths may share a URI only where a query is hidden in it; the path tells them apart.
  return { components, uri: uri.endsWith('?...') ? `${uri} (${name.slice(-16)})` : uri };
}

/** A small file may unpack to any size. */
async function* bounded(chunks: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.byteLength;
    if (length > maxBytes) throw invalid(`it unpacks to more than ${maxBytes} bytes`);
    yield chunk;
  }
}

function archiveProblem(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  if (typeof code === 'string' && /^E[A-Z]+$/.test(code)) return fileProblem(error);
  return 'it is no gzipped tar archive, or it is cut off';
}

function invalid(because: string): Error {
  return sourceFault('ARCHIVE_INVALID', because);
}
