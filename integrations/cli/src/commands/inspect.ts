// `wasmwarden inspect`: what a policy says about itself, and what its module is.
import { createHash } from 'node:crypto';

import { Argument, Option, type Command } from 'commander';
import { Fault } from 'wasmwarden';
import { encodeMetadata, readMetadata, readPolicyModule, type Metadata } from 'wasmwarden/policy';
import { stringify } from 'yaml';

import { moduleRole, readFile } from '../files.js';
import { locatePolicy } from '../policy-location.js';
import { formatPolicyReport } from '../policy-report.js';
import type { Session } from '../session.js';
import { addDownloadOptions, type SourceFlags } from '../source-options.js';

interface InspectFlags extends SourceFlags {
  readonly output?: 'json' | 'yaml';
}

/** Adds the command to the program. */
export function addInspectCommand(program: Command, session: Session): void {
  addDownloadOptions(program.command('inspect'))
    .description('show what a policy says about itself and what its module is')
    .addArgument(new Argument('<policy>', 'a .wasm file, a URI (file, http, https, registry), or the beginning of a stored digest'))
    .addOption(new Option('-o, --output <format>', 'print the metadata alone, for other programs').choices(['json', 'yaml']))
    .addHelpText('after', '\nExamples:\n  wasmwarden inspect policy.wasm\n  wasmwarden inspect policy.wasm -o json | jq .rules\n  wasmwarden inspect registry://ghcr.io/kubewarden/policies/pod-privileged:v1')
    .action((policy: string, flags: InspectFlags) => inspect(policy, flags, session));
}

async function inspect(policy: string, flags: InspectFlags, session: Session): Promise<void> {
  const { output: format } = flags;
  const { output } = session;
  const { path, uri } = await locatePolicy(policy, flags, session);
  const bytes = await readFile(path, moduleRole);
  const module = readPolicyModule(bytes);
  const metadata = readMetadata(bytes);
  if (metadata === undefined) throw new Fault('METADATA_MISSING', `No Kubewarden metadata found inside of '${uri}'.\nPolicies can be annotated with the \`kwctl annotate\` command.`);
  if (format !== undefined) {
    output.result(formatMetadata(metadata, format));
    return;
  }
  const digest = createHash('sha256').update(bytes).digest('hex');
  const style = { palette: output.palette, columns: output.terminal.columns };
  output.result(formatPolicyReport({ uri, sizeBytes: bytes.byteLength, digest, module, metadata }, style));
}

function formatMetadata(metadata: Metadata, format: 'json' | 'yaml'): string {
  // Through its JSON, so that what is absent stays absent.
  const document: unknown = JSON.parse(new TextDecoder().decode(encodeMetadata(metadata)));
  return format === 'json' ? `${JSON.stringify(document, undefined, 2)}\n` : stringify(document);
}
