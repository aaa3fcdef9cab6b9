// A module read whole, or what in it is not understood.
import { readCode, type Code } from './code.js';
import { dataSegmentLengths } from './data-segments.js';
import { readGlobals, type Global } from './globals.js';
import { UnsupportedInstruction } from './instructions.js';
import { readMemory, readTableTypes, type Memory } from './limits.js';
import type { Section } from './sections.js';

/** All that is known of a module whose every instruction is understood. */
export interface UnderstoodModule {
  readonly sections: readonly Section[];
  readonly code: Code;
  readonly globals: readonly Global[];
  readonly segmentLengths: readonly number[];
  readonly memory: Memory | undefined;
  /** The encoded types of what the tables hold. */
  readonly tableTypes: readonly Uint8Array[];
}

/** Reads all of a module that a proof needs; a text says what in it is not understood. */
export function understand(sections: readonly Section[]): UnderstoodModule | string {
  try {
    return {
      sections,
      code: readCode(sections),
      globals: readGlobals(sections),
      segmentLengths: dataSegmentLengths(sections),
      memory: readMemory(sections),
      tableTypes: readTableTypes(sections),
    };
  } catch (thrown) {
    if (thrown instanceof UnsupportedInstruction) return thrown.message;
    throw thrown;
  }
}
