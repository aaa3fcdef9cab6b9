// What there is to say about a policy: its metadata and its module as tables for a human.
import { stringify } from 'yaml';
import type { Metadata, ModuleReuse, PolicyModule } from 'wasmwarden/policy';

import { formatBlock, formatTable, type Row, type TableStyle } from './tables.js';

/** A module's file. */
export interface InspectedModule {
  readonly uri: string;
  readonly sizeBytes: number;
  /** SHA-256 in lower-case hex. */
  readonly digest: string;
  readonly module: PolicyModule;
  readonly reuse: ModuleReuse;
}

/** A policy's file. */
export interface InspectedPolicy extends InspectedModule {
  readonly metadata: Metadata;
}

const policyPrefix = 'io.kubewarden.policy.';
const usageKey = `${policyPrefix}usage`;
/** Annotations that are details of the policy, in the order they are shown. */
const detailKeys: readonly Row[] = [
  ['Title', 'title'],
  ['Version', 'version'],
  ['Description', 'description'],
  ['Author', 'author'],
  ['URL', 'url'],
  ['Source', 'source'],
  ['License', 'license'],
  ['Severity', 'severity'],
  ['Category', 'category'],
];

const kinds: Readonly<Record<PolicyModule['abi'], string>> = {
  'wapc': 'waPC guest',
  'wasi-command': 'WASI command',
  'opa': 'Rego, compiled by OPA',
  'unknown': 'unknown: it exports no entry point of a policy',
};

/** All tables of a policy, one after the other. */
export function formatPolicyReport(policy: InspectedPolicy, style: TableStyle): string {
  const { metadata } = policy;
  const usage = metadata.annotations?.[usageKey];
  return [
    formatTable('Details', detailRows(metadata), style),
    formatTable('Annotations', annotationRows(metadata), style),
    formatBlock('Rules', metadata.rules.length === 0 ? '(none)' : stringify(metadata.rules), style),
    formatBlock('Context aware', contextAwareText(metadata), style),
    formatModuleReport(policy, style),
    usage === undefined ? '' : formatBlock('Usage', usage, style),
  ].filter((part) => part !== '').join('\n');
}

/** The table of what a module is, with or without metadata. */
export function formatModuleReport(module: InspectedModule, style: TableStyle): string {
  return formatTable('Module', moduleRows(module), style);
}

function detailRows(metadata: Metadata): readonly Row[] {
  const annotations = metadata.annotations ?? {};
  const given = detailKeys.flatMap(([name, key]): readonly Row[] => {
    const value = annotations[`${policyPrefix}${key}`];
    return value === undefined ? [] : [[name, value]];
  });
  return [
    ...given,
    ['Policy type', metadata.policyType],
    ['Mutating', yesOrNo(metadata.mutating)],
    ['Context aware', yesOrNo(metadata.contextAwareResources.length > 0)],
    ['Background audit', yesOrNo(metadata.backgroundAudit)],
    ['Execution mode', metadata.executionMode],
    // The reference shows the number of the version: 0 stands for unknown.
    ['Protocol version', metadata.protocolVersion === null ? 'not set' : String(metadata.protocolVersion === 'v1' ? 1 : 0)],
    ...(metadata.hostCapabilities === undefined ? [] : [['Host capabilities', metadata.hostCapabilities.join(', ') || 'none'] as const]),
    ...(metadata.minimumKubewardenVersion === undefined ? [] : [['Minimum Kubewarden version', metadata.minimumKubewardenVersion] as const]),
  ];
}

function annotationRows({ annotations = {} }: Metadata): readonly Row[] {
  const shown = new Set([usageKey, ...detailKeys.map(([, key]) => `${policyPrefix}${key}`)]);
  return Object.entries(annotations).filter(([key]) => !shown.has(key)).sort(([a], [b]) => (a < b ? -1 : 1));
}

function contextAwareText({ contextAwareResources }: Metadata): string {
  if (contextAwareResources.length === 0) return 'The policy does not read Kubernetes resources at evaluation time.';
  return stringify(contextAwareResources);
}

function moduleRows({ uri, sizeBytes, digest, module, reuse }: InspectedModule): readonly Row[] {
  const imports = new Map<string, string[]>();
  for (const { module: from, name } of module.imports) imports.set(from, [...(imports.get(from) ?? []), name]);
  return [
    ['File', uri],
    ['Size', `${sizeBytes} bytes`],
    ['Digest', `sha256:${digest}`],
    ['Kind', kinds[module.abi]],
    ['Instances', reuseText(reuse)],
    ...(imports.size === 0 ? [['Imports', 'none'] as const] : [...imports].map(([from, names]): Row => [`Imports of ${from}`, names.join(', ')])),
    ['Exports', module.exports.map(({ name }) => name).slice(0, maxExportsShown).join(', ') + (module.exports.length > maxExportsShown ? `, and ${module.exports.length - maxExportsShown} more` : '')],
  ];
}

function reuseText(reuse: ModuleReuse): string {
  switch (reuse.kind) {
    case 'resettable':
      return 'resettable: one serves many requests';
    case 'fresh-only':
      return `a new one for each request: ${reuse.reasons.join('; ')}`;
    case 'refused':
      return `none: ${reuse.message}`;
  }
}

/** Unstripped programs export hundreds of names, which tell nothing. */
const maxExportsShown = 20;

function yesOrNo(value: boolean): string {
  return value ? 'yes' : 'no';
}
