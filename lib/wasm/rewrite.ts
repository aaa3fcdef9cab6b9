// Makes a module safe to keep: its limits are written into it, its state can be put back, and it can be interrupted. With no
// spare pages it behaves as before in all that a guest can see.
import { maxRewrittenBytes } from './ceilings.js';
import { customSectionName } from './custom-section.js';
import type { ModuleLayout } from './module-layout.js';
import { moduleExports } from './interface.js';
import { limitSections, readMemory, type ModuleLimits } from './limits.js';
import { rewriteCode } from './rewrite-code.js';
import { notUnderstood, proveResettable, type Resettability } from './resettable.js';
import { readSections, sectionId, writeModule, type Section } from './sections.js';
import { understand } from './understood-module.js';
import { wasmFault } from './wasm-fault.js';

/** How a module is to be rewritten. */
export interface RewriteOptions {
  readonly limits: ModuleLimits;
  /**
   * Pages that each resettable instance has to spare once its snapshot is taken, so that growing a little does not cost the
   * instance. With 0 a guest sees its memory as it is; with more, an access behind its end but within the spare pages reads
   * zeros instead of trapping, equally in every request.
   */
  readonly headroomPages: number;
  /** Lets another thread stop the guest by a word in shared memory; the engine must allow two memories. */
  readonly epochChecks: boolean;
}

/** A module that was rewritten, and what that is good for. */
export interface RewrittenModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly resettability: Resettability;
  /**
   * Can it be stopped wherever it is? All that runs for long then goes through loops and calls, at which the engine ends a
   * thread that is to end, and the guest traps where `epochChecks` are in.
   *
   * False for a module that holds what is not understood: its bulk operations stay as they are, and a loop of large ones
   * outlives `worker.terminate()`. Who runs it nevertheless must be ready to end the process.
   */
  readonly isInterruptible: boolean;
  readonly layout: ModuleLayout;
}

/**
 * Rewrites a module.
 *
 * One that holds what is not understood only gets its limits, and is fresh-only. Custom sections but the names of functions
 * are left out: some of them describe code by its offsets, and nobody reads them after this.
 *
 * @throws {Fault} any `WasmFaultCode`
 */
export function rewriteModule(module: Uint8Array, options: RewriteOptions): RewrittenModule {
  const sections = limitSections(readSections(module), options.limits).filter(isOfUse);
  const understood = understand(sections);
  if (typeof understood === 'string') return merelyLimited(sections, options.limits, understood);
  const resettability = proveResettable(understood);
  const { sections: rewritten, layout } = rewriteCode(understood, {
    headroomPages: resettability.kind === 'resettable' ? options.headroomPages : undefined,
    epochChecks: options.epochChecks,
    maximumPages: options.limits.memoryPages,
  });
  return { bytes: written(rewritten), resettability, isInterruptible: true, layout };
}

/** What can be promised of a module however large it is; the same as for one that is rewritten. */
export function judgeModule(module: Uint8Array): Pick<RewrittenModule, 'resettability' | 'isInterruptible'> {
  const understood = understand(limitSections(readSections(module), { memoryPages: 0x10000, tableElements: 0xffff_ffff }));
  if (typeof understood === 'string') return { resettability: notUnderstood(understood), isInterruptible: false };
  return { resettability: proveResettable(understood), isInterruptible: true };
}

function merelyLimited(sections: readonly Section[], { memoryPages }: ModuleLimits, what: string): RewrittenModule {
  const memory = readMemory(sections);
  const memoryImport = memory?.imported && { ...memory.imported, initialPages: memory.extent.initial, maximumPages: memory.extent.maximum ?? memoryPages };
  const exported = moduleExports(sections).find(({ kind }) => kind === 'memory')?.name;
  return { bytes: written(sections), resettability: notUnderstood(what), isInterruptible: false, layout: { memory: exported, globals: undefined, memoryImport, epochImport: undefined } };
}

/** The engine reads the names of functions, for traces. */
function isOfUse(section: Section): boolean {
  return section.id !== sectionId.custom || customSectionName(section) === 'name';
}

function written(sections: readonly Section[]): Uint8Array<ArrayBuffer> {
  const bytes = sections.reduce((sum, { encoded }) => sum + encoded.length, 0);
  if (bytes > maxRewrittenBytes) throw wasmFault('WASM_LIMIT_EXCEEDED', `it has ${bytes} bytes once checks are added, and at most ${maxRewrittenBytes} are allowed`);
  return writeModule(sections);
}

