// What makes metadata fit for publishing (contract 3.2): checked when a policy is annotated, not when it is served.
import type { Metadata, MetadataRule } from './metadata.js';

/** Every reason why metadata is not fit, as sentences; empty when it is. */
export function metadataProblems(metadata: Metadata): readonly string[] {
  return [
    ...protocolProblems(metadata),
    ...metadata.rules.flatMap(ruleProblems),
    ...metadata.contextAwareResources.flatMap(({ apiVersion, kind }) =>
      apiVersion === '' || kind === '' ? ['contextAwareResources: apiVersion and kind must not be empty'] : [],
    ),
  ];
}

function protocolProblems({ protocolVersion, executionMode }: Metadata): readonly string[] {
  if (protocolVersion === null) return ['protocolVersion must be set'];
  return executionMode === 'kubewarden-wapc' && protocolVersion === 'Unknown' ? ['Must specify a valid protocol version'] : [];
}

function ruleProblems(rule: MetadataRule, index: number): readonly string[] {
  const lists = ['apiGroups', 'apiVersions', 'resources', 'operations'] as const;
  const problems = [
    ...lists.filter((name) => rule[name].length === 0).map((name) => `${name} must hold at least one item`),
    ...(['apiGroups', 'apiVersions', 'operations'] as const)
      .filter((name) => rule[name].length > 1 && (rule[name] as readonly string[]).includes('*'))
      .map((name) => `${name}: No other elements can be defined when '*' is used`),
    ...resourceProblems(rule.resources),
  ];
  return problems.map((problem) => `rules[${index}]: ${problem}`);
}

/** Kubernetes' own check of webhook rules, regardless of the order of the entries. */
function resourceProblems(resources: readonly string[]): readonly string[] {
  const given = new Set(resources);
  const plain = resources.filter((resource) => !resource.includes('/'));
  const problems = resources.flatMap((resource) => {
    if (resource === '') return ['empty resource is not allowed'];
    const slash = resource.indexOf('/');
    const [name, sub] = [resource.slice(0, slash), resource.slice(slash + 1)];
    if (slash < 0 || sub === '*' || name === '*') return [];
    return [
      ...(given.has(`${name}/*`) ? [`if '${name}/*' is present, must not specify ${resource}`] : []),
      ...(given.has(`*/${sub}`) ? [`if '*/${sub}' is present, must not specify ${resource}`] : []),
    ];
  });
  if (given.has('*/*') && resources.length > 1) problems.push("if '*/*' is present, must not specify other resources");
  if (given.has('*') && plain.length > 1) problems.push("if '*' is present, must not specify other resources without subresources");
  return problems;
}
