// Our engine three times over: as it is, without its deadline checks, and with a new instance for each evaluation; and the floor that
// nobody may stand on, an instance that is never put back.
import { webcrypto } from 'node:crypto';

import { defaultExchangeLimits } from '../../../build/lib/wapc/exchange.js';
import { InterruptFlag } from '../../../build/lib/runtime/bridge/interrupt-flag.js';
import { Sandbox } from '../../../build/lib/runtime/worker/sandbox.js';
import { SandboxKeeper } from '../../../build/lib/runtime/worker/sandbox-keeper.js';
import { rewriteModule } from '../../../build/lib/wasm/rewrite.js';

/** A module with two memories, one of them shared, which deadline checks need. */
export const hasEpochChecks = WebAssembly.validate(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 2, 9, 1, 1, 0x65, 1, 0x6d, 2, 3, 1, 1, 5, 3, 1, 0, 1));

const flag = new InterruptFlag();
const ports = {
  hostCall: () => ({ kind: 'refused', message: 'there is no host' }),
  write: () => undefined,
  onPhase: () => undefined,
  clock: { realtimeNs: () => BigInt(Date.now()) * 1_000_000n, monotonicNs: () => process.hrtime.bigint() },
  randomFill: (bytes) => webcrypto.getRandomValues(bytes),
  sleep: () => undefined,
  interruptMemory: flag.memory,
  warmBytes: 1024 * 1024 * 1024,
  isInterrupted: () => false,
  onBegin: () => undefined,
};
const limits = { memoryPages: 2048, tableElements: 100_000, moduleBytes: 64 * 1024 * 1024, functions: 200_000, localsPerFunction: 20_000, dataBytes: 64 * 1024 * 1024 };
const bare = { memory: undefined, globals: undefined, memoryImport: undefined, epochImport: undefined };

const code = (module, layout, reuse) => ({ module: new WebAssembly.Module(module), layout, reuse, limits: defaultExchangeLimits, logLines: 1000 });

function answered(outcome) {
  if (outcome.kind !== 'answered') throw new Error(`the guest did not answer: ${JSON.stringify(outcome)}`);
}

function kept(sandboxCode, { operation, payload }) {
  const keeper = new SandboxKeeper(ports);
  return () => {
    const { outcome, afterwards } = keeper.run(1, sandboxCode, operation, payload.slice());
    answered(outcome);
    if (afterwards.kind !== 'nothing') afterwards.perform();
  };
}

function rewritten(guest, epochChecks) {
  const { bytes, layout, resettability } = rewriteModule(guest.module, { limits, headroomPages: 0, epochChecks });
  if (resettability.kind !== 'resettable') throw new Error(`${guest.name} is ${resettability.reasons.join(', ')}`);
  return kept(code(bytes, layout, { kind: 'reset', repeatsInit: true }), guest);
}

/** An instance of the module as it came, called again and again. */
export function unsafe(guest) {
  const sandbox = new Sandbox(code(guest.module, bare, { kind: 'never', because: 'asked-for' }), ports);
  const failure = sandbox.bringUp();
  if (failure !== undefined) throw new Error(failure.message);
  return () => answered(sandbox.run(guest.operation, guest.payload.slice()));
}

export const ours = (guest) => rewritten(guest, hasEpochChecks);
export const unchecked = (guest) => rewritten(guest, false);
export const fresh = (guest) => kept(code(guest.module, bare, { kind: 'never', because: 'asked-for' }), guest);
