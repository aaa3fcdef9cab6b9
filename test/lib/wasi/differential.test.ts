// Command modules of our own under three implementations: ours, node:wasi and @wasmer/wasi. Every call must come to the
// same error number and the same bytes in memory, except for the differences listed here with the reason and who is right.

import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { GuestExit } from '../../../lib/outcome.js';
import { runCommand } from '../../../lib/wasi/command.js';
import { createWasi } from '../../../lib/wasi/preview1.js';
import { fixture } from './fixture.js';
import { runOn, type Oracle, type RunInput } from './oracle.js';
import { world } from './surroundings.js';
import { traced, type TracedCall, type TracedRun } from './trace.js';

const differential = suite('wasi/differential');

/** A difference that is known: in these calls (by their beginning), with that implementation, for this reason. */
interface Difference {
  readonly calls: readonly string[];
  readonly with: readonly Oracle[];
  readonly why: string;
}

interface Subject {
  readonly file: string;
  readonly with: readonly Oracle[];
  readonly streams?: RunInput['streams'];
  readonly differences?: readonly Difference[];
}

const both: readonly Oracle[] = ['node', 'wasmer'];

/** wasmer fills the rest of the last buffer with zeros; preview 1 promises only the first `nread` bytes. Ours is right. */
const wasmerClearsBuffers = 'wasmer overwrites what lies behind the bytes it read; the specification names only those';
const streamIsNoFile = 'theirs is a regular file; ours is a stream, which cannot be positioned (ESPIPE, as in the reference)';

const subjects: readonly Subject[] = [
  {
    file: 'arguments.wat',
    with: both,
    differences: [{ calls: ['environ_get('], with: ['node'], why: 'node refuses to copy an empty environment; there is nothing wrong with asking' }],
  },
  {
    file: 'output.wat',
    with: both,
    differences: [
      { calls: ['fd_write(0,'], with: ['wasmer'], why: 'wasmer says EINVAL for writing to stdin; POSIX and the reference say EBADF' },
      { calls: ['fd_write(-1,'], with: ['node'], why: 'node refuses descriptors beyond 2^31 as arguments; as a number it is just not open: EBADF' },
    ],
  },
  {
    file: 'input.wat',
    with: both,
    differences: [{ calls: ['fd_read(1,'], with: ['wasmer'], why: 'wasmer says EINVAL for reading from stdout; POSIX and the reference say EBADF' }],
  },
  {
    file: 'clocks.wat',
    with: both,
    differences: [
      { calls: ['clock_res_get(0,'], with: both, why: 'any non-zero resolution is right; ours does not promise more than a microsecond' },
      { calls: ['clock_res_get(1,'], with: ['wasmer'], why: 'any non-zero resolution is right' },
      {
        calls: ['clock_res_get(2,', 'clock_res_get(3,', 'clock_time_get(2,', 'clock_time_get(3,'],
        with: both,
        why: 'ours has no CPU-time clocks (the sandbox tells nothing about the host); EINVAL is what the specification asks for then',
      },
    ],
  },
  // wasmer panics on clock ids that it does not know.
  { file: 'unknown-clock.wat', with: ['node'] },
  { file: 'randomness.wat', with: both },
  {
    file: 'descriptors.wat',
    with: both,
    differences: [
      { calls: ['fd_fdstat_get(0,', 'fd_fdstat_get(1,', 'fd_fdstat_get(2,'], with: both, why: 'file type and rights: a regular file, a terminal, and ours: an unknown stream' },
      { calls: ['fd_filestat_get(0,', 'fd_filestat_get(1,'], with: both, why: 'the attributes of their files; a stream has none' },
      { calls: ['fd_seek(0,', 'fd_seek(1,'], with: ['node'], why: streamIsNoFile },
      { calls: ['fd_seek(0,', 'fd_seek(1,'], with: ['wasmer'], why: 'wasmer says EACCES; POSIX and the reference say ESPIPE' },
      { calls: ['fd_close(2)'], with: ['wasmer'], why: 'the second time: wasmer lets a closed descriptor be closed again; EBADF is right' },
    ],
  },
  {
    file: 'renumbering.wat',
    with: both,
    differences: [
      { calls: ['fd_tell(1,', 'fd_pread(0,'], with: ['node'], why: streamIsNoFile },
      { calls: ['fd_tell(1,'], with: ['wasmer'], why: 'wasmer says EACCES; POSIX and the reference say ESPIPE' },
      { calls: ['fd_pread(0,'], with: ['wasmer'], why: 'wasmer reads from a stream at an offset, which POSIX refuses with ESPIPE' },
      { calls: ['fd_fdstat_set_flags(1,'], with: ['wasmer'], why: 'wasmer keeps that right from standard streams; the specification does not' },
      { calls: ['fd_read(0,'], with: ['wasmer'], why: 'wasmer forgets that the guest gave up the right to read: ENOTCAPABLE is right' },
      { calls: ['fd_renumber(1, 77)', 'fd_renumber(77, 1)'], with: ['wasmer'], why: 'wasmer renumbers from and to descriptors that are not open: EBADF is right' },
    ],
  },
  {
    file: 'files.wat',
    with: both,
    differences: [{ calls: ['fd_advise('], with: ['wasmer'], why: 'wasmer does not look at the descriptor' }],
  },
  {
    file: 'preopens.wat',
    with: both,
    differences: [
      {
        calls: ['fd_prestat_get(', 'fd_prestat_dir_name(', 'path_open(', 'proc_exit(', 'end'],
        with: ['wasmer'],
        why: 'wasmer always opens a directory as descriptor 3, and says that the streams are preopened directories as well; ours has none (contract 2.3)',
      },
      { calls: ['fd_prestat_get(0,'], with: ['node'], why: 'node says EINVAL for a descriptor that is not preopened; C libraries and the reference expect EBADF' },
    ],
  },
  // wasmer panics in every poll_oneoff.
  { file: 'sleep.wat', with: ['node'] },
  {
    file: 'readiness.wat',
    with: ['node'],
    streams: 'pipe',
    differences: [
      { calls: ['poll_oneoff(100, 300, 1', 'poll_oneoff(100, 400, 1'], with: ['node'], why: 'node never fills in how many bytes are available' },
      { calls: ['poll_oneoff(100, 500, 1'], with: ['node'], why: 'node reports a bad descriptor as a clock event without an error; EBADF belongs into the event' },
    ],
  },
  { file: 'exit-code.wat', with: both },
  { file: 'trap.wat', with: both },
  {
    file: 'bad-pointer.wat',
    with: both,
    differences: [
      { calls: ['random_get(', 'end'], with: both, why: 'EOVERFLOW and EFAULT; ours ends the guest, as the contract asks for pointers out of range (2.3)' },
    ],
  },
  {
    file: 'sockets.wat',
    // wasmer lacks sock_accept.
    with: ['node'],
    differences: [{ calls: ['sock_shutdown(77,'], with: ['node'], why: 'node does not look at the descriptor of a socket it could not have opened' }],
  },
  {
    file: 'unstable.wat',
    with: both,
    differences: [
      {
        calls: ['fd_filestat_get('],
        with: both,
        why: 'the attributes of their files; node besides writes 64 bytes, the layout of preview 1, under the name of snapshot 0 (wasmer and ours write 56)',
      },
    ],
  },
  { file: 'echo.ts', with: both, differences: [{ calls: ['fd_read('], with: ['wasmer'], why: wasmerClearsBuffers }] },
  { file: 'verdict.ts', with: both, differences: [{ calls: ['fd_read('], with: ['wasmer'], why: wasmerClearsBuffers }] },
];

const input = { args: ['policy.wasm', 'validate'], stdin: '0123456789abcdef' };
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

function endOf(start: unknown): string {
  assert.type(start, 'function');
  try {
    (start as () => unknown)();
    return 'exit 0';
  } catch (thrown) {
    return thrown instanceof GuestExit ? `exit ${thrown.code}` : 'trap';
  }
}

function runOnOurs(bytes: Uint8Array<ArrayBuffer>): TracedRun {
  const { ports, stdout, stderr } = world(input.args, input.stdin);
  const calls: TracedCall[] = [];
  const memory = (): WebAssembly.Memory => {
    const exported = instance.exports['memory'];
    if (!(exported instanceof WebAssembly.Memory)) throw new Error('the module has no memory');
    return exported;
  };
  const imports = traced(createWasi(ports, memory).imports, memory, calls);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports);
  const end = endOf(instance.exports['_start']);
  return { calls, stdout: text(stdout.bytes()), stderr: text(stderr.bytes()), end };
}

/** Everything observable of a run, as pairs of what happened and what came of it. */
function observations(run: TracedRun): readonly (readonly [call: string, outcome: string])[] {
  return [
    ...run.calls.map(({ call, result, effect }) => [call, `${result} [${effect}]`] as const),
    ['stdout', run.stdout],
    ['stderr', run.stderr],
    ['end', run.end],
  ];
}

/** What differs between two runs, as `call` and a sentence about both. */
function differencesOf(ours: TracedRun, theirs: TracedRun): readonly (readonly [call: string, detail: string])[] {
  const their = observations(theirs);
  return observations(ours).flatMap(([call, outcome], index) => {
    const [theirCall, theirOutcome] = their[index] ?? ['nothing', ''];
    if (call === theirCall && outcome === theirOutcome) return [];
    return [[call, `${call}: ours ${outcome}, theirs ${theirCall === call ? '' : `${theirCall} `}${theirOutcome}`] as const];
  });
}

const compared: Record<Oracle, Set<string>> = { node: new Set(), wasmer: new Set() };

for (const subject of subjects) {
  for (const oracle of subject.with) {
    differential(`${subject.file} does the same as on ${oracle}, apart from known differences`, async () => {
      const bytes = await fixture(subject.file);
      const ours = runOnOurs(bytes);
      const theirs = runOn(oracle, bytes, { ...input, streams: subject.streams ?? 'file' });
      assert.is(theirs.calls.length, ours.calls.length, 'both ran to the same point');

      const known = (subject.differences ?? []).filter((each) => each.with.includes(oracle)).flatMap((each) => each.calls);
      const found = differencesOf(ours, theirs);
      const surprising = found.filter(([call]) => !known.some((beginning) => call.startsWith(beginning)));
      assert.equal(surprising.map(([, detail]) => detail), [], 'no unexplained difference');
      const stale = known.filter((beginning) => !found.some(([call]) => call.startsWith(beginning)));
      assert.equal(stale, [], 'no explanation of a difference that is none');
      compared[oracle].add(subject.file);
    });
  }

  differential(`${subject.file} run as a command gives the same output and exit code`, async () => {
    const bytes = await fixture(subject.file);
    const traceable = runOnOurs(bytes);
    const { ports } = world();
    const outcome = runCommand({
      module: new WebAssembly.Module(bytes),
      args: input.args,
      stdin: new TextEncoder().encode(input.stdin),
      surroundings: ports,
      limits: { maxStdinBytes: 1000, maxStdoutBytes: 1000, maxStderrBytes: 1000 },
    });
    assert.is.not(outcome.kind, 'not-started');
    if (outcome.kind === 'not-started') return;
    assert.is(outcome.kind === 'exited' ? `exit ${outcome.code}` : 'trap', traceable.end);
    assert.is(text(outcome.stdout), traceable.stdout);
    assert.is(text(outcome.stderr), traceable.stderr);
  });
}

differential('nothing was compared with an implementation that did not run', () => {
  assert.is(compared.node.size, 19);
  assert.is(compared.wasmer.size, 15);
});

differential.run();
