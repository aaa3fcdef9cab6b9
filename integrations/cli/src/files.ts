// What the command reads and writes: files and standard input, with sizes bounded and every failure told in one sentence.
// What the bytes mean is nobody's business here.
import { createReadStream } from 'node:fs';
import { lstat, mkdtemp, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { Fault, messageOf } from 'wasmwarden';

/** What a file is for, as it appears in messages, and how many bytes it may have. */
export interface FileRole {
  /** Continues the words "cannot read": `the request`. */
  readonly name: string;
  readonly maxBytes: number;
}

/** 64 MiB: the library refuses larger modules. */
export const moduleRole: FileRole = { name: 'the policy', maxBytes: 64 * 1024 * 1024 };
/** 64 MiB: an API server sends 3 MiB at most, raw requests may be anything. */
export const requestRole: FileRole = { name: 'the request', maxBytes: 64 * 1024 * 1024 };

/** Text for humans (YAML, JSON, Markdown): 2 MiB. A Kubernetes object has 1.5 MiB at most, and reading YAML is slow. */
export function documentRole(name: string): FileRole {
  return { name, maxBytes: 2 * 1024 * 1024 };
}

/** Why there is no file to read at a path, in words; nothing where there is one, of whatever sort. */
export async function whyNoFile(path: string): Promise<string | undefined> {
  try {
    return (await stat(path)).isDirectory() ? 'it is a folder' : undefined;
  } catch (thrown) {
    return reasonOf(thrown);
  }
}

/** Tells whether something other than a folder is at this path. */
export async function isFile(path: string): Promise<boolean> {
  return (await whyNoFile(path)) === undefined;
}

/** Tells whether a name is taken at all, be it by a folder or by a symbolic link that leads nowhere. */
export async function isTaken(path: string): Promise<boolean> {
  return lstat(path).then(() => true, () => false);
}

/**
 * Reads a file, or a pipe in its place.
 *
 * @throws {Fault} `FILE_UNREADABLE`, `FILE_TOO_LARGE`
 */
export function readFile(path: string, role: FileRole): Promise<Uint8Array> {
  return readAll(createReadStream(path), role, `'${path}'`);
}

/**
 * Reads a stream to its end.
 *
 * @param origin how messages call it
 * @throws {Fault} `FILE_UNREADABLE`, `FILE_TOO_LARGE`
 */
export async function readAll(stream: AsyncIterable<unknown>, role: FileRole, origin: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of stream) {
      if (!(chunk instanceof Uint8Array)) throw new Error('the stream has an encoding');
      size += chunk.byteLength;
      if (size > role.maxBytes) throw new Fault('FILE_TOO_LARGE', `Cannot read ${role.name} from ${origin}: it has more than ${role.maxBytes} bytes.`);
      chunks.push(chunk);
    }
  } catch (thrown) {
    throw errorCodeOf(thrown) === undefined ? thrown : new Fault('FILE_UNREADABLE', `Cannot read ${role.name} from ${origin}: ${reasonOf(thrown)}.`, { cause: thrown });
  }
  return Buffer.concat(chunks);
}

/**
 * Writes a file in one step: whoever looks sees the old content or the new one, never a part. A symbolic link stays one, and
 * so does what is no regular file, such as a pipe or `/dev/null`: it is written to and not replaced.
 *
 * @throws {Fault} `FILE_UNWRITABLE`
 */
export async function writeWhole(path: string, content: Uint8Array | string): Promise<void> {
  let beside: string | undefined;
  try {
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && !found.isFile() && !found.isDirectory()) {
      await writeFile(path, content);
      return;
    }
    const target = found?.isFile() === true ? await realpath(path) : path;
    beside = await mkdtemp(join(dirname(target), '.wasmwarden-'));
    const unfinished = join(beside, basename(target));
    await writeFile(unfinished, content);
    await rename(unfinished, target);
  } catch (thrown) {
    throw new Fault('FILE_UNWRITABLE', `Cannot write '${path}': ${reasonOf(thrown)}.`, { cause: thrown });
  } finally {
    if (beside !== undefined) await rm(beside, { recursive: true, force: true });
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'there is no such file or folder',
  EISDIR: 'it is a folder',
  EACCES: 'access is denied',
  EPERM: 'access is denied',
  ELOOP: 'its symbolic links lead in a circle',
  ENAMETOOLONG: 'its name is too long',
  ENOSPC: 'no space is left on the device',
  EROFS: 'the file system is read-only',
};

/** What the system said, in words. */
export function reasonOf(thrown: unknown): string {
  return reasons[errorCodeOf(thrown) ?? ''] ?? messageOf(thrown);
}

/** The code of an error of the system, such as `ENOENT`. */
export function errorCodeOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'syscall' in thrown && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined;
}
