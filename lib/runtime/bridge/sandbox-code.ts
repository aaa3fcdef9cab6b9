// A guest's code as it travels to the threads, once for each: compiled, with what the rewriter says of it and the rules for
// its instances.
import type { ExchangeLimits } from '../../wapc/exchange.js';
import type { ModuleLayout } from '../../wasm/module-layout.js';

/** What a thread needs to bring a guest up and to put it back. */
export interface SandboxCode {
  readonly module: WebAssembly.Module;
  readonly layout: ModuleLayout;
  readonly reuse: Reuse;
  readonly limits: ExchangeLimits;
  /** Lines of log that one operation may write. */
  readonly logLines: number;
}

/** Whether an instance serves more than one request: put back in between, or never. */
export type Reuse =
  | {
      readonly kind: 'reset';
      /** Also when its start functions read a clock, random bytes or the host, which every request would then see again. */
      readonly repeatsInit: boolean;
    }
  | { readonly kind: 'never'; readonly because: 'asked-for' | 'not-provable' };
