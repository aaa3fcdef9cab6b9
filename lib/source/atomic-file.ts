// Files that are there whole or not at all: written beside the others under a passing name, renamed when complete.
import { createHash } from 'node:crypto';
import { type FileHandle, lstat, mkdir, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

import { type Digest, parseDigest } from '../oci/digest.js';
import { fileProblem, sourceFault } from './source-fault.js';

/** A file that was written. */
export interface WrittenFile {
  readonly path: string;
  readonly digest: Digest;
  readonly bytes: number;
}

export interface AtomicWrite {
  /** The passing name, on the same file system as `path`. */
  readonly partial: string;
  readonly path: string;
  /** Runs when the content is complete and on the disk, before it appears under its name. */
  readonly beforeAppearing?: (written: WrittenFile) => Promise<void>;
}

/** A file that is complete and not there yet; one of the two must be called. */
export interface StagedFile {
  readonly written: WrittenFile;
  /** @throws {Fault} `STORE_WRITE_FAILED` */
  readonly appear: () => Promise<void>;
  readonly discard: () => Promise<void>;
}

/**
 * The file that a path of the operator's stands for, and may be replaced: what a symbolic link leads to, so that the link
 * stays one. A device or a pipe is refused: the file would take its place.
 *
 * @throws {Fault} `STORE_WRITE_FAILED`
 */
export async function replaceable(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || found.isDirectory()) return path;
  if (!found.isFile()) throw sourceFault('STORE_WRITE_FAILED', `cannot write to "${path}": it is no regular file`);
  return (await lstat(path)).isSymbolicLink() ? realpath(path) : path;
}

/**
 * Writes a file from chunks under its passing name; when that fails, the name is gone.
 *
 * @throws {Fault} `STORE_WRITE_FAILED`; what the chunks throw, as it is
 */
export async function stageFile({ partial, path, beforeAppearing }: AtomicWrite, chunks: AsyncIterable<Uint8Array>): Promise<StagedFile> {
  const discard = async (): Promise<void> => rm(partial, { force: true }).catch(() => undefined);
  const orDiscard = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      await discard();
      throw error;
    }
  };
  const onDisk: OnDisk = async (work) => {
    try {
      return await work();
    } catch (error) {
      throw sourceFault('STORE_WRITE_FAILED', `wasm module cannot be save to "${path}": ${fileProblem(error)}`);
    }
  };
  const written = await orDiscard(async () => ({ path, ...(await writeNew(partial, chunks, onDisk)) }));
  const appear = (): Promise<void> =>
    onDisk(async () => {
      await beforeAppearing?.(written);
      await moveInto(partial, path);
    });
  return { written, discard, appear: () => orDiscard(appear) };
}

/** Runs one step on the file system and says in our words what it refused. */
type OnDisk = <T>(work: () => Promise<T>) => Promise<T>;

/** Writes a file from chunks; whatever fails, the passing name is gone and the name holds what it held before. */
export async function writeAtomically(write: AtomicWrite, chunks: AsyncIterable<Uint8Array>): Promise<WrittenFile> {
  const staged = await stageFile(write, chunks);
  await staged.appear();
  return staged.written;
}

async function writeNew(path: string, chunks: AsyncIterable<Uint8Array>, onDisk: OnDisk): Promise<{ readonly digest: Digest; readonly bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  const file = await onDisk(async () => {
    await mkdir(dirname(path), { recursive: true });
    return open(path, 'wx', 0o644);
  });
  try {
    for await (const chunk of chunks) {
      await onDisk(() => writeAll(file, chunk));
      hash.update(chunk);
      bytes += chunk.byteLength;
    }
    // Before the rename: after a crash of the machine the name must not lead to blocks that were never written.
    await onDisk(() => file.sync());
  } finally {
    await file.close();
  }
  return { digest: parseDigest(`sha256:${hash.digest('hex')}`), bytes };
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let offset = 0; offset < chunk.byteLength; ) offset += (await file.write(chunk, offset)).bytesWritten;
}

/** Another process may prune the folder between its making and its use. */
const maxMoves = 5;

async function moveInto(partial: string, path: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    await mkdir(dirname(path), { recursive: true });
    try {
      await rename(partial, path);
      return;
    } catch (error) {
      const isPruned = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      if (!isPruned || tries === maxMoves) throw error;
    }
  }
}
