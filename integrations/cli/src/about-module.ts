// Messages about modules that say which one: a manifest may name several, and a digest shows none.
import { Fault, isFault } from 'wasmwarden';

/**
 * Makes something of a module's bytes.
 *
 * @throws {Fault} what `read` throws, with the module's URI in its message
 */
export function aboutModule<Made>(uri: string, read: () => Made): Made {
  try {
    return read();
  } catch (thrown) {
    throw isFault(thrown) ? new Fault(thrown.code, `Cannot use the policy '${uri}': ${thrown.message}`, { cause: thrown }) : thrown;
  }
}
