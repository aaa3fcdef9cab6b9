// Runs a command module: arguments and stdin in, stdout, stderr and an exit code out. One instance, one run.
// What the output means belongs to lib/policy; ending a run that takes too long belongs to the thread's owner.

import { messageOf } from '../fault.js';
import { GuestExit } from '../outcome.js';
import { importObject } from '../wapc/import-object.js';
import { Latch } from '../wapc/latch.js';
import { GuestPointerError } from '../wapc/memory.js';
import type { MemorySource } from './guest-memory.js';
import type { WasiPorts } from './ports.js';
import { commandEntry } from './linkage.js';
import { createWasi } from './preview1.js';
import { InputPipe, OutputCapture } from './stdio.js';

/** Bounds of one run, in bytes. */
export interface CommandLimits {
  /** Unread input: what the run starts with and what host calls add. */
  readonly maxStdinBytes: number;
  /** A guest that writes more has trapped: half an answer is none. */
  readonly maxStdoutBytes: number;
  /** What a guest writes beyond this is dropped. */
  readonly maxStderrBytes: number;
}

/** The running guest as imports besides WASI need it. */
export interface CommandGuest {
  readonly memory: MemorySource;
  readonly stdin: InputPipe;
}

/** One run of a command module. */
export interface Command {
  /** Checked by `assertCommand`: JavaScript compares no signatures, so a wrong one would surface as our own TypeError. */
  readonly module: WebAssembly.Module;
  /** `argv`, the program's name first. */
  readonly args: readonly string[];
  readonly stdin: Uint8Array;
  readonly surroundings: Pick<WasiPorts, 'clock' | 'randomFill' | 'sleep'>;
  readonly limits: CommandLimits;
  /** Imports besides WASI, such as `host.call`. */
  readonly imports?: (guest: CommandGuest) => WebAssembly.Imports;
}

/**
 * What came of one run.
 *
 * - `exited`: the guest returned (code 0) or called `proc_exit`.
 * - `trapped`: the guest's code stopped by a trap, a bad pointer or too much output; `message` is the engine's text.
 * - `not-started`: the module is no command, or wants an import that does not exist.
 */
export type CommandOutcome =
  | { readonly kind: 'exited'; readonly code: number; readonly stdout: Uint8Array; readonly stderr: Uint8Array }
  | { readonly kind: 'trapped'; readonly message: string; readonly stdout: Uint8Array; readonly stderr: Uint8Array }
  | { readonly kind: 'not-started'; readonly message: string };

type WithoutOutput<Each> = Each extends unknown ? Omit<Each, 'stdout' | 'stderr'> : never;
type End = WithoutOutput<CommandOutcome>;

/** Runs the guest and tells how it ended; what no guest can cause is thrown on. */
function endOf(run: () => void): End {
  try {
    run();
    return { kind: 'exited', code: 0 };
  } catch (thrown) {
    if (thrown instanceof GuestExit) return { kind: 'exited', code: thrown.code };
    if (thrown instanceof WebAssembly.LinkError) return { kind: 'not-started', message: thrown.message };
    if (thrown instanceof WebAssembly.Exception) return { kind: 'trapped', message: 'the guest threw an exception that nothing caught' };
    // RangeError is the engine's stack overflow.
    const causedByGuest = [WebAssembly.RuntimeError, RangeError, GuestPointerError].some((type) => thrown instanceof type);
    if (causedByGuest) return { kind: 'trapped', message: messageOf(thrown) };
    throw thrown;
  }
}

/** The memory of an instance that may not exist yet. The texts are the contract's (section 2.3). */
function memoryOf(instance: WebAssembly.Instance | undefined): WebAssembly.Memory {
  const memory = instance?.exports['memory'];
  if (memory === undefined) throw new WebAssembly.RuntimeError("cannot find 'mem' export");
  if (!(memory instanceof WebAssembly.Memory)) throw new WebAssembly.RuntimeError("'mem' export cannot be converted into a Memory instance");
  return memory;
}

function isEntry(exported: WebAssembly.ExportValue | undefined): exported is () => unknown {
  return typeof exported === 'function';
}

/**
 * Instantiates a command module and runs its `_start` to the end, synchronously.
 *
 * The guest sees `argv`, its stdin, the given clock and randomness, and whatever the extra imports offer; no files and no environment.
 */
export function runCommand({ module, args, stdin, surroundings, limits, imports }: Command): CommandOutcome {
  const input = new InputPipe(limits.maxStdinBytes);
  if (!input.append(stdin)) return { kind: 'not-started', message: `stdin: ${stdin.byteLength} bytes are more than the limit of ${limits.maxStdinBytes}` };
  const stdout = new OutputCapture(limits.maxStdoutBytes);
  const stderr = new OutputCapture(limits.maxStderrBytes);
  let instance: WebAssembly.Instance | undefined;
  const memory = () => memoryOf(instance);
  const wasi = createWasi({ ...surroundings, args, stdin: input, stdout: (bytes) => stdout.write(bytes), stderr: (bytes) => stderr.write(bytes) }, memory);

  const latch = new Latch();
  const end = endOf(() => {
    const offered = latch.guard({ ...imports?.({ memory, stdin: input }), ...wasi.imports });
    instance = new WebAssembly.Instance(module, importObject(module, offered));
    const entry = instance.exports[commandEntry];
    if (!isEntry(entry)) throw new WebAssembly.LinkError('cannot find `_start` function inside of module: it exports no such function');
    entry();
    latch.check();
  });
  if (end.kind === 'not-started') return end;
  const output = { stdout: stdout.bytes(), stderr: stderr.bytes() };
  if (stdout.isCut) return { kind: 'trapped', message: `stdout: the guest wrote more than ${limits.maxStdoutBytes} bytes`, ...output };
  return { ...end, ...output };
}
