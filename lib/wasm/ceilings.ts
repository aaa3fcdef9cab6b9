// How much a module may declare. Each of these is cheap to write down in a file and dear to hold or to compile; the
// engine's own ceilings, mostly a hundred times higher, protect a browser tab and not a server that many policies share.
// Memory and table sizes are the operator's to choose: see limits.ts.

/** Bytes of a whole module. Policies that carry an interpreter or a garbage collector have some tens of megabytes at most. */
export const maxModuleBytes = 64 * 1024 * 1024;

/** Bytes of a policy's metadata, which is JSON in a custom section: it has some kilobytes, and the serving thread reads it. */
export const maxMetadataBytes = 1024 * 1024;

/** Bytes of a module with all that is added to it: a hostile one is made of loops alone, each of which gets a check. */
export const maxRewrittenBytes = 2 * maxModuleBytes;

/** Bytes of one function with the checks that are added to it: the engine's own limit, which compilers stay far below. */
export const maxFunctionBytes = 7_654_321;

/** Sections, custom ones included: an object each, though an empty custom section takes three bytes. */
export const maxSections = 1_000;

/** Types: an object each, though a type takes three bytes. Compilers merge equal types; large modules have some hundreds. */
export const maxTypes = 10_000;

/** Parameters or results of one function type: validation visits them at each call and block of that type. Compilers emit a dozen or two. */
export const maxArity = 256;

/** Fields of one struct type; the engine's own limit, as languages with classes put whole method tables into structs. */
export const maxFields = 10_000;

/** Imports: each is resolved and wrapped anew for every instance. Policies import a few dozen host functions. */
export const maxImports = 1_000;

/** Exports: about 2 microseconds and 200 bytes each for every instance. Policies export a handful; unstripped C programs some hundreds. */
export const maxExports = 10_000;

/** Functions: about 100 bytes each in the engine for four bytes in the file. Large policies have some 10,000. */
export const maxFunctions = 200_000;

/** Loops, bulk operations and questions about memory: an object each for a rewriter, though a loop takes three bytes. Programs of the largest size have some 300,000. */
export const maxRewrittenInstructions = 2_000_000;

/** Parameters and locals of one function: they become its stack frame. Optimised code has dozens, unoptimised code some thousands. */
export const maxLocalsPerFunction = 20_000;

/** Parameters and locals of all functions together: validation visits each of them, though 20,000 take three bytes to declare. */
export const maxLocals = 5_000_000;

/** Tables: the limit on elements holds for each. Modules have one, with reference types two. */
export const maxTables = 10;

/** Globals: storage in every instance, and saved and restored with every reset. */
export const maxGlobals = 10_000;

/** Element segments: objects that live as long as an instance does. */
export const maxElementSegments = 10_000;

/** Data segments: likewise. Pre-initialised modules have some thousands, one for each stretch of memory that is not zero. */
export const maxDataSegments = 50_000;

/** Exception tags: every policy seen so far has none or one. */
export const maxTags = 100;
