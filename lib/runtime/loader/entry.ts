// The loader thread: reads, proves, rewrites and compiles modules, so that a large or hostile one never stops the serving thread.
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';

import { Fault, messageOf } from '../../fault.js';
import { abiOf } from '../../wasm/abi.js';
import { maxMetadataBytes } from '../../wasm/ceilings.js';
import { customSection } from '../../wasm/custom-section.js';
import { moduleInterface } from '../../wasm/interface.js';
import { rewriteModule } from '../../wasm/rewrite.js';
import { assertLinkable, wapcImports } from '../../wapc/linkage.js';
import { wasiSignatures } from '../../wasi/signatures.js';
import { recordOfFault } from '../bridge/wire.js';

import type { LoadReply, LoadRequest, LoadedModule, ModuleSource } from './module-load.js';

const port = parentPort;
if (port === null) throw new Error('loader/entry runs in a worker thread only');

/** Kept here as a word of its own: the loader knows bytes, not policies. */
const metadataSection = 'io.kubewarden.metadata';

/** Spare pages are given to instances by the threads, where a guest turns out to need them. */
const noHeadroom = 0;

/** A module with a memory of its own and a shared one, which epoch checks need; Node 20 and 22 refuse it. */
const twoMemories = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 2, 9, 1, 1, 0x65, 1, 0x6d, 2, 3, 1, 1, 5, 3, 1, 0, 1);
const epochChecks = WebAssembly.validate(twoMemories);

function read(source: ModuleSource, maxBytes: number): Uint8Array {
  if (source.kind === 'bytes') {
    assertSize('the module', source.bytes.byteLength, maxBytes);
    return source.bytes;
  }
  const { path } = source;
  try {
    const status = statSync(path);
    // A pipe would block this thread beyond the reach of its timeout, and a device need not end.
    if (!status.isFile()) throw new Fault('MODULE_UNREADABLE', `Cannot read the module '${path}': it is not a file.`);
    assertSize(`the module '${path}'`, status.size, maxBytes);
    return new Uint8Array(readFileSync(path));
  } catch (thrown) {
    if (thrown instanceof Fault) throw thrown;
    throw new Fault('MODULE_UNREADABLE', `Cannot read the module '${path}': ${messageOf(thrown)}.`);
  }
}

function assertSize(what: string, bytes: number, maxBytes: number): void {
  if (bytes > maxBytes) throw new Fault('MODULE_TOO_LARGE', `Cannot load ${what}: it has ${bytes} bytes, the limit is ${maxBytes}.`);
}

async function compile(bytes: Uint8Array): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(Uint8Array.from(bytes));
  } catch (thrown) {
    throw new Fault('MODULE_INVALID', `Cannot compile the module: ${messageOf(thrown)}`);
  }
}

/** A copy: a view would take the whole module along to the serving thread. */
function metadataOf(bytes: Uint8Array): Uint8Array | undefined {
  const metadata = customSection(bytes, metadataSection);
  if (metadata !== undefined && metadata.byteLength > maxMetadataBytes) {
    throw new Fault('METADATA_INVALID', `Cannot load the module: its metadata has ${metadata.byteLength} bytes, the limit is ${maxMetadataBytes}.`);
  }
  return metadata?.slice();
}

async function load({ source, limits }: LoadRequest): Promise<LoadedModule> {
  const bytes = read(source, limits.moduleBytes);
  const module = moduleInterface(bytes);
  const abi = abiOf(module).kind;
  if (abi === 'wapc' || abi === 'unknown') assertLinkable(module, { ...wapcImports, ...wasiSignatures });
  const { bytes: rewritten, resettability, layout } = rewriteModule(bytes, { limits, headroomPages: noHeadroom, epochChecks });
  // A module that the engine refuses must not become one that it takes; who is refused is told so of what they wrote.
  if (!WebAssembly.validate(Uint8Array.from(bytes))) await compile(bytes);
  return {
    module: await compile(rewritten),
    resettability,
    layout,
    digest: createHash('sha256').update(bytes).digest('hex'),
    abi,
    metadata: metadataOf(bytes),
    sizeBytes: bytes.byteLength,
  };
}

port.on('message', (request: LoadRequest) => {
  const reply = (message: LoadReply): void => port.postMessage(message);
  load(request).then(
    (loaded) => reply({ id: request.id, kind: 'loaded', loaded }),
    (thrown: unknown) => reply({ id: request.id, kind: 'refused', fault: recordOfFault(thrown) }),
  );
});
