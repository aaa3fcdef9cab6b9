// What is to be run, from what the user typed: one policy, or the policies of a manifest. Nothing is executed here.
import { Fault, isFault, type PolicyInput } from 'wasmwarden';
import { readMetadata, readPolicyModule, type ContextAwareResource, type ExecutionMode, type Metadata } from 'wasmwarden/policy';

import { aboutModule } from './about-module.js';
import { parseDocument, parseDocuments } from './documents.js';
import { executionModeOf, modeSpellings } from './execution-mode.js';
import { documentRole, moduleRole, readFile } from './files.js';
import { parseManifests, type ManifestPolicy } from './manifests.js';
import type { Output } from './output.js';
import { locateModule, locatePolicy, type PolicyLocation } from './policy-location.js';
import type { PolicyFlags } from './policy-options.js';
import type { Session } from './session.js';

/** One policy to run. */
export interface PlannedPolicy {
  readonly id: string;
  /** The policy as the runtime takes it. */
  readonly input: PolicyInput;
  /** How messages name where it came from. */
  readonly uri: string;
  /** Its name in the manifest that it comes from, where several policies may share a module. */
  readonly manifestName?: string;
  /** Whether it takes requests of any shape. */
  readonly isRaw: boolean;
}

/**
 * Plans the policies a command line names.
 *
 * @throws {Fault} `OPTIONS_CONFLICT`, `FILE_*`, `DOCUMENT_INVALID`, `MANIFEST_*`, `MODULE_*`, `METADATA_INVALID`, `POLICY_MODE_WRONG`, whatever a download may throw, any `WasmFaultCode`
 */
export async function planPolicies(policy: string, flags: PolicyFlags, session: Session): Promise<readonly PlannedPolicy[]> {
  return /\.ya?ml$/i.test(policy) ? planManifest(policy, flags, session) : [await planModule(policy, flags, session)];
}

async function planModule(policy: string, flags: PolicyFlags, session: Session): Promise<PlannedPolicy> {
  const settings = await readSettings(flags);
  const asked = flags.executionMode === undefined ? undefined : modeSpellings[flags.executionMode];
  const { bytes, metadata, uri } = await readModule(await locatePolicy(policy, flags, session), asked);
  return {
    id: 'policy-from-cli',
    uri,
    isRaw: flags.raw === true || metadata?.policyType === 'raw',
    input: {
      module: bytes,
      // The guest's own right, as in the reference: a policy under test may mutate.
      allowedToMutate: true,
      settings,
      executionMode: asked,
      hostCapabilities: patternsOf(flags),
      contextAwareResources: grantedResources(metadata, flags, session.output),
    },
  };
}

async function planManifest(path: string, flags: PolicyFlags, session: Session): Promise<readonly PlannedPolicy[]> {
  if (flags.raw === true) throw new Fault('OPTIONS_CONFLICT', `The --raw option cannot be used with a YAML file: ${path}`);
  if (flags.settingsPath !== undefined || flags.settingsJson !== undefined) session.output.log('info', 'the settings options are ignored: the YAML file holds the settings');
  const policies = await readManifests(path);
  if (policies.length > 1) session.output.log('warn', `'${path}' holds ${policies.length} policies: each judges the request as it was given, no one sees the mutations of another`);
  const planned: PlannedPolicy[] = [];
  for (const { id, definition } of policies) {
    const { bytes, metadata, uri } = await readModule(await locateModule(definition.module, flags, session), undefined);
    planned.push({ id, uri, manifestName: id, isRaw: metadata?.policyType === 'raw', input: { ...definition, module: bytes, hostCapabilities: patternsOf(flags) } });
  }
  return planned;
}

async function readManifests(path: string): Promise<readonly ManifestPolicy[]> {
  const documents = parseDocuments(await readFile(path, documentRole('the policies')), `the policies '${path}'`);
  try {
    return parseManifests(documents);
  } catch (thrown) {
    throw isFault(thrown) ? new Fault(thrown.code, `Cannot run the policies '${path}': ${thrown.message}`, { cause: thrown }) : thrown;
  }
}

interface ReadModule {
  readonly bytes: Uint8Array;
  readonly metadata: Metadata | undefined;
  readonly uri: string;
}

async function readModule({ path, uri }: PolicyLocation, asked: ExecutionMode | undefined): Promise<ReadModule> {
  const bytes = await readFile(path, moduleRole);
  const metadata = aboutModule(uri, () => readMetadata(bytes));
  aboutModule(uri, () => executionModeOf({ asked, metadata, abi: readPolicyModule(bytes).abi }));
  return { bytes, metadata, uri };
}

async function readSettings({ settingsPath, settingsJson }: PolicyFlags): Promise<Readonly<Record<string, unknown>>> {
  if (settingsJson !== undefined) return settingsOf(parseDocument(new TextEncoder().encode(settingsJson), 'the settings of --settings-json'));
  if (settingsPath === undefined) return {};
  return settingsOf(parseDocument(await readFile(settingsPath, documentRole('the settings')), `the settings '${settingsPath}'`));
}

function settingsOf(document: unknown): Readonly<Record<string, unknown>> {
  if (document === null) return {};
  if (typeof document !== 'object' || Array.isArray(document)) throw new Fault('SETTINGS_INVALID', 'Invalid settings in CRD, not an object');
  return Object.fromEntries(Object.entries(document));
}

function patternsOf({ allowedHostCapabilities }: PolicyFlags): readonly string[] {
  return allowedHostCapabilities === true ? [] : allowedHostCapabilities;
}

function grantedResources(metadata: Metadata | undefined, flags: PolicyFlags, output: Output): readonly ContextAwareResource[] {
  const wanted = metadata?.contextAwareResources ?? [];
  if (wanted.length === 0 || flags.allowContextAware === true) return wanted;
  const names = wanted.map(({ apiVersion, kind }) => `${apiVersion}/${kind}`).join(', ');
  output.log('warn', `the policy asks to read Kubernetes resources (${names}); they are denied in this run, --allow-context-aware grants them`);
  return [];
}
