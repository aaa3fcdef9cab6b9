// What an embedder hands to `load`: the shape of a policies.yml entry, with a module that may also be a URL or bytes.
import { fileURLToPath } from 'node:url';

import { Fault } from '../fault.js';
import { parsePolicyDefinition, type PolicyDefinition } from '../policy/definition.js';
import type { ExecutionMode } from '../policy/metadata.js';
import { isPlainObject } from '../policy/plain-object.js';

import type { ModuleSource } from './loader/module-load.js';
import { sandboxRules, type SandboxOptions, type SandboxRules } from './sandbox-rules.js';

/** A policy to load. Everything but the module has a default; see `PolicyDefinition`. */
export interface PolicyInput extends Partial<Omit<PolicyDefinition, 'module'>> {
  /** A file's path, a `file:` URL, or the module's bytes. */
  readonly module: string | URL | Uint8Array;
  /** Run the module in this mode, whatever its metadata says. */
  readonly executionMode?: ExecutionMode | undefined;
  /** Rules for its sandbox; the runtime's where it has none of its own. */
  readonly sandbox?: SandboxOptions | undefined;
}

/** A policy to load with its defaults filled in. */
export interface ParsedInput {
  readonly definition: PolicyDefinition;
  readonly source: ModuleSource;
  readonly executionMode: ExecutionMode | undefined;
  readonly sandbox: SandboxRules;
}

/**
 * Checks an input and fills in the defaults, those of its sandbox from the runtime's rules.
 *
 * @throws {Fault} `POLICIES_INVALID`; `MODULE_LOCATION_UNSUPPORTED` for a module that is not at hand
 */
export function parsePolicyInput(input: PolicyInput, general: SandboxRules): ParsedInput {
  const given: unknown = input;
  if (!isPlainObject(given)) throw new Fault('POLICIES_INVALID', `expected a policy with a module, found ${given === null ? 'null' : typeof given}`);
  const module: unknown = input.module;
  const named = module instanceof Uint8Array ? 'bytes' : module instanceof URL ? module.href : module;
  const definition = parsePolicyDefinition({ ...input, module: named });
  return { definition, source: moduleSource(input.module), executionMode: input.executionMode, sandbox: sandboxRules(input.sandbox ?? {}, general) };
}

function moduleSource(module: string | URL | Uint8Array): ModuleSource {
  if (module instanceof Uint8Array) return { kind: 'bytes', bytes: module };
  const text = module instanceof URL ? module.href : module;
  if (text.startsWith('file:')) return { kind: 'file', path: pathOf(text) };
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(text)?.[1];
  if (scheme !== undefined) {
    throw new Fault('MODULE_LOCATION_UNSUPPORTED', `Cannot load the module '${text}': the runtime loads files and bytes; download it first (the scheme is '${scheme}').`);
  }
  return { kind: 'file', path: text };
}

/** `file:` URLs with a host or a relative path are taken as the reference takes them: what follows `file://` is the path. */
function pathOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    return url.replace(/^file:\/\//, '');
  }
}
