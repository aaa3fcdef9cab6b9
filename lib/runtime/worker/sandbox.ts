// One evaluation in one sandbox. Today each gets an instance of its own, thrown away afterwards; a resetting engine will
// take over behind `runInSandbox` without anybody noticing.
import type { GuestPhase, Outcome } from '../../outcome.js';
import type { ExchangeLimits } from '../../wapc/exchange.js';
import { Guest } from '../../wapc/guest.js';
import type { HostCallHandler } from '../../wapc/protocol.js';
import type { WasiClock } from '../../wasi/ports.js';
import { createWasi } from '../../wasi/preview1.js';
import { InputPipe, LineSplitter } from '../../wasi/stdio.js';
import type { OutputSource } from '../bridge/wire.js';

/** What a sandbox reaches of its thread. */
export interface SandboxPorts {
  readonly hostCall: HostCallHandler;
  readonly write: (source: OutputSource, text: string) => void;
  readonly onPhase: (phase: GuestPhase) => void;
  readonly clock: WasiClock;
  readonly randomFill: (bytes: Uint8Array) => void;
  readonly sleep: (durationMs: number) => void;
  readonly limits: ExchangeLimits;
}

/** Output lines of one evaluation per stream; what follows is counted and dropped. */
const outputLimits = { maxLineBytes: 8 * 1024, maxLines: 1000 };

/** Brings up a guest that has seen nothing, runs one operation on it and forgets it. */
export function runInSandbox(module: WebAssembly.Module, operation: string, payload: Uint8Array, ports: SandboxPorts): Outcome {
  const stdout = lines('stdout', ports);
  const stderr = lines('stderr', ports);
  const { clock, randomFill, sleep, hostCall, limits, onPhase } = ports;
  const guest = new Guest({
    hostCall,
    limits,
    onPhase,
    consoleLog: (text) => ports.write('console', text),
    // waPC guests read nothing: their requests come by the protocol.
    imports: (memory) => ({
      ...createWasi({ args: [], clock, randomFill, sleep, stdin: new InputPipe(0), stdout: (bytes) => stdout.write(bytes), stderr: (bytes) => stderr.write(bytes) }, memory).imports,
    }),
  });
  const outcome = guest.start(module) ?? guest.call(operation, payload);
  stdout.flush();
  stderr.flush();
  return outcome;
}

function lines(source: OutputSource, { write }: SandboxPorts): LineSplitter {
  return new LineSplitter(outputLimits, {
    line: (text) => write(source, text),
    dropped: (count) => write(source, `(${count} more lines were dropped)`),
  });
}
