// Records every WASI call of a guest: its arguments, its error number, and what it changed in the guest's memory.
// The same recorder runs around each implementation, here and in the child processes of the others.

/** Functions by name, by import module; what any implementation offers. */
export type ImportTable = Readonly<Record<string, Readonly<Record<string, (...args: never[]) => unknown>>>>;

/** One WASI call. */
export interface TracedCall {
  /** `name(arguments)`. */
  readonly call: string;
  /** The error number, or what was thrown. */
  readonly result: string;
  /** `offset:hex` of each changed range; for times and random bytes only whether the changes stay in place. */
  readonly effect: string;
}

/** One run of a command module. */
export interface TracedRun {
  readonly calls: readonly TracedCall[];
  readonly stdout: string;
  readonly stderr: string;
  /** `exit N` or `trap`. */
  readonly end: string;
}

/** Where the unpredictable bytes of a call may lie, `undefined` for a call whose effect is predictable. */
function unpredictableRange(name: string, args: readonly unknown[]): readonly [start: number, end: number] | undefined {
  if (name === 'clock_time_get') return [Number(args[2]), Number(args[2]) + 8];
  if (name === 'random_get') return [Number(args[0]), Number(args[0]) + Number(args[1])];
  return undefined;
}

function changedRanges(before: Uint8Array, after: Uint8Array): readonly (readonly [start: number, end: number])[] {
  const ranges: (readonly [start: number, end: number])[] = [];
  const changed = (at: number) => at < after.length && before[at] !== after[at];
  for (let at = 0; at < after.length; at += 1) {
    if (!changed(at)) continue;
    const start = at;
    while (changed(at)) at += 1;
    ranges.push([start, at]);
  }
  return ranges;
}

function effectOf(name: string, args: readonly unknown[], before: Uint8Array, after: Uint8Array): string {
  const ranges = changedRanges(before, after);
  const allowed = unpredictableRange(name, args);
  if (allowed !== undefined && ranges.every(([start, end]) => start >= allowed[0] && end <= allowed[1])) {
    return ranges.length === 0 ? '' : 'in place';
  }
  return ranges.map(([start, end]) => `${start}:${Buffer.from(after.subarray(start, end)).toString('hex')}`).join(' ');
}

/** The same functions, recording into `calls`. */
export function traced(imports: ImportTable, memory: () => WebAssembly.Memory, calls: TracedCall[]): WebAssembly.Imports {
  const record = (name: string, target: (...args: never[]) => unknown) => (...args: never[]) => {
    const before = new Uint8Array(memory().buffer).slice();
    const call = `${name}(${args.map(String).join(', ')})`;
    try {
      const result = target(...args);
      calls.push({ call, result: String(result), effect: effectOf(name, args, before, new Uint8Array(memory().buffer)) });
      return result;
    } catch (thrown) {
      calls.push({ call, result: 'thrown', effect: '' });
      throw thrown;
    }
  };
  const wrapped = Object.entries(imports).map(([module, functions]) => [
    module,
    Object.fromEntries(Object.entries(functions).map(([name, target]) => [name, record(name, target)])),
  ]);
  return Object.fromEntries(wrapped) as WebAssembly.Imports;
}
