// `wasmwarden inspect`: what a policy says about itself, and what its module is.
import { createHash } from 'node:crypto';

import { Argument, Option, type Command } from 'commander';
import { Fault } from 'wasmwarden';
import { encodeMetadata, moduleReuse, readMetadata, readPolicyModule, type Metadata } from 'wasmwarden/policy';
import { stringify } from 'yaml';

import { aboutModule } from '../about-module.js';
import { moduleRole, readFile } from '../files.js';
import { locatePolicy } from '../policy-location.js';
import { formatModuleReport, formatPolicyReport, type InspectedModule } from '../policy-report.js';
import type { Session } from '../session.js';
import { addDownloadOptions, type SourceFlags } from '../source-options.js';
import { harmless, harmlessJson } from '../terminal-text.js';

type Format = 'json' | 'yaml';

interface InspectFlags extends SourceFlags {
  readonly output?: Format;
  readonly module?: boolean;
}

/** Adds the command to the program. */
export function addInspectCommand(program: Command, session: Session): void {
  addDownloadOptions(program.command('inspect'))
    .description('show what a policy says about itself and what its module is')
    .addArgument(new Argument('<policy>', 'a .wasm file, a URI (file, http, https, registry), or the beginning of a stored digest'))
    .addOption(new Option('-o, --output <format>', 'print the metadata alone, for other programs').choices(['json', 'yaml']))
    .addOption(new Option('--module', 'tell of the module alone, whether it has metadata or not: among other things, whether its instances can be reset'))
    .addHelpText('after', '\nExamples:\n  wasmwarden inspect policy.wasm\n  wasmwarden inspect policy.wasm -o json | jq .rules\n  wasmwarden inspect policy.wasm --module -o json | jq .reuse\n  wasmwarden inspect registry://ghcr.io/kubewarden/policies/pod-privileged:v1')
    .action((policy: string, flags: InspectFlags) => inspect(policy, flags, session));
}

async function inspect(policy: string, flags: InspectFlags, session: Session): Promise<void> {
  const { output: format } = flags;
  const { output } = session;
  const { path, uri } = await locatePolicy(policy, flags, session);
  const bytes = await readFile(path, moduleRole);
  const style = { palette: output.palette, columns: output.terminal.columns };
  if (flags.module === true) {
    const module = aboutModule(uri, () => inspectedModule(uri, bytes));
    output.result(format === undefined ? formatModuleReport(module, style) : formatDocument(module, format));
    return;
  }
  const metadata = aboutModule(uri, () => readMetadata(bytes));
  if (metadata === undefined) throw new Fault('METADATA_MISSING', `No Kubewarden metadata found inside of '${uri}'.\nPolicies can be annotated with the \`kwctl annotate\` command.`);
  output.result(format === undefined ? formatPolicyReport({ ...aboutModule(uri, () => inspectedModule(uri, bytes)), metadata }, style) : formatMetadata(metadata, format));
}

function inspectedModule(uri: string, bytes: Uint8Array): InspectedModule {
  const digest = createHash('sha256').update(bytes).digest('hex');
  return { uri, sizeBytes: bytes.byteLength, digest, module: readPolicyModule(bytes), reuse: moduleReuse(bytes) };
}

function formatMetadata(metadata: Metadata, format: Format): string {
  // Through its JSON, so that what is absent stays absent.
  const document: unknown = JSON.parse(new TextDecoder().decode(encodeMetadata(metadata)));
  return formatDocument(document, format);
}

function formatDocument(document: unknown, format: Format): string {
  return format === 'json' ? `${harmlessJson(document, 2)}\n` : harmlessYaml(document);
}

/** YAML has the spelling of `harmless` in double quotes alone, so all texts get them where one needs it. */
function harmlessYaml(document: unknown): string {
  const text = stringify(document);
  return text === harmless(text) ? text : harmless(stringify(document, { defaultStringType: 'QUOTE_DOUBLE', blockQuote: false }));
}
