// A world for guests in which nothing happens by chance: time passes only by sleeping, random bytes count upward.

import type { WasiPorts } from '../../../lib/wasi/ports.js';
import { InputPipe, OutputCapture } from '../../../lib/wasi/stdio.js';

/** Ports whose every effect can be looked at. */
export interface World {
  readonly ports: WasiPorts;
  readonly stdin: InputPipe;
  readonly stdout: OutputCapture;
  readonly stderr: OutputCapture;
  /** Milliseconds of every sleep. */
  readonly sleeps: number[];
  /** Lengths of every request for random bytes. */
  readonly randomLengths: number[];
}

/** 2026-01-01T00:00:00Z. */
export const startNs = 1_767_225_600_000_000_000n;

/** A new world; it begins at `startNs`, and its monotonic clock at one second. */
export function world(args: readonly string[] = ['policy.wasm'], stdinText = ''): World {
  const stdin = new InputPipe(1 << 20);
  stdin.append(new TextEncoder().encode(stdinText));
  const stdout = new OutputCapture(1 << 20);
  const stderr = new OutputCapture(1 << 20);
  const sleeps: number[] = [];
  const randomLengths: number[] = [];
  let passedNs = 0n;
  const ports: WasiPorts = {
    args,
    clock: { realtimeNs: () => startNs + passedNs, monotonicNs: () => 1_000_000_000n + passedNs },
    randomFill: (bytes) => {
      randomLengths.push(bytes.length);
      for (const index of bytes.keys()) bytes[index] = (index + randomLengths.length) & 0xff;
    },
    sleep: (durationMs) => {
      sleeps.push(durationMs);
      passedNs += BigInt(Math.round(durationMs * 1e6));
    },
    stdin,
    stdout: (bytes) => stdout.write(bytes),
    stderr: (bytes) => stderr.write(bytes),
  };
  return { ports, stdin, stdout, stderr, sleeps, randomLengths };
}
