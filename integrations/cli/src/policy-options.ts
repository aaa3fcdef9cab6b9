// The options that say which policy runs and how: the same for `run` and `bench`.
import { Argument, Option, type Command } from 'commander';

import { parseTimeout } from './option-values.js';
import { modeSpellings } from './execution-mode.js';
import { addDownloadOptions, type SourceFlags } from './source-options.js';

/** The options as commander reads them. */
export interface PolicyFlags extends SourceFlags {
  readonly requestPath: string;
  readonly settingsPath?: string;
  readonly settingsJson?: string;
  readonly raw?: boolean;
  readonly executionMode?: string;
  readonly allowContextAware?: boolean;
  /** `true` for the bare option: no pattern at all. */
  readonly allowedHostCapabilities: readonly string[] | true;
  /** Milliseconds. */
  readonly timeout: number;
}

/** 10 seconds: generous to a slow machine, and still an end for a policy that has none. The policy-server's default is 2. */
const defaultTimeoutMs = 10_000;

/** Adds the policy argument and the options to a command. */
export function addPolicyOptions(command: Command): Command {
  return addDownloadOptions(command)
    .addArgument(new Argument('<policy>', 'a .wasm file, a URI (file, http, https, registry), the beginning of a stored digest, or a .yaml/.yml file of policy resources'))
    .addOption(new Option('-r, --request-path <file>', 'the request, as JSON: an AdmissionReview, an AdmissionRequest or raw; - is standard input (required)'))
    .addOption(new Option('-s, --settings-path <file>', "the policy's settings, as YAML or JSON").conflicts('settingsJson'))
    .addOption(new Option('--settings-json <json>', "the policy's settings, as a JSON text"))
    .addOption(new Option('--raw', 'pass the request to the policy as it is'))
    .addOption(new Option('-e, --execution-mode <mode>', 'how to run the policy, whatever its metadata says').choices(Object.keys(modeSpellings)))
    .addOption(new Option('--allow-context-aware', 'let the policy read the Kubernetes resources that its metadata names'))
    .addOption(new Option('--allowed-host-capabilities [pattern...]', "host capabilities the policy may call; none allows none (end the list with '--')").default(['*'], '*'))
    .addOption(new Option('--timeout <duration>', "how long the policy may run per call: 500ms, 10s, 2m, or 'none'").argParser(parseTimeout).default(defaultTimeoutMs, '10s'))
    .addOption(new Option('--disable-wasmtime-cache', 'accepted for the sake of scripts; there is no cache').hideHelp());
}
