#!/usr/bin/env node
// Writes the custom resource definitions of reports to deploy/audit/crds/. They are those of the Policy Working Group and of
// OpenReports, as far as objects of these kinds have fields; other tools read and write them too. A test runs it with --check,
// which writes nothing and fails when a file is not what is written here.
//
//   npm run crds:reports [-- --check]

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { stringify } from 'yaml';

const folder = new URL('../deploy/audit/crds/', import.meta.url);

const text = (description, more = {}) => ({ type: 'string', description, ...more });
const count = (description) => ({ type: 'integer', description });
const object = (description, properties, required = []) => ({ type: 'object', description, properties, ...(required.length === 0 ? {} : { required }) });
const list = (description, items) => ({ type: 'array', description, items });
const texts = (description) => ({ type: 'object', description, additionalProperties: { type: 'string' } });

const reference = (description) => ({
  ...object(description, {
    apiVersion: text('API version of the object.'),
    kind: text('Kind of the object.'),
    namespace: text('Namespace of the object.'),
    name: text('Name of the object.'),
    uid: text('UID of the object.'),
    resourceVersion: text('Version of the object that was looked at.'),
    fieldPath: text('Part of the object, such as spec.containers{name}.'),
  }),
  'x-kubernetes-map-type': 'atomic',
});

const selector = (description) => ({
  ...object(description, {
    matchLabels: texts('Labels that an object must have.'),
    matchExpressions: list('Demands on labels that must all hold.', object('A demand on a label.', { key: text('The label.'), operator: text('In, NotIn, Exists or DoesNotExist.'), values: list('Values.', { type: 'string' }) }, ['key', 'operator'])),
  }),
  'x-kubernetes-map-type': 'atomic',
});

const result = object(
  'What a policy said.',
  {
    source: text('The tool that the result is from.'),
    policy: text('The policy.'),
    rule: text('The rule within the policy.'),
    category: text('A category of policies.'),
    severity: text('How serious it is.', { enum: ['critical', 'high', 'low', 'medium', 'info'] }),
    timestamp: object('When it was found.', { seconds: { type: 'integer', format: 'int64', description: 'Seconds since 1970.' }, nanos: { type: 'integer', format: 'int32', description: 'Nanoseconds of that second.' } }, ['nanos', 'seconds']),
    result: text('The outcome.', { enum: ['pass', 'fail', 'warn', 'error', 'skip'] }),
    scored: { type: 'boolean', description: 'Whether it counts.' },
    resources: list('Objects that it is about, where that is not the scope of the report.', reference('An object.')),
    resourceSelector: selector('Labels of objects that it is about.'),
    message: text('What the policy said.'),
    properties: texts('Anything else.'),
  },
  ['policy'],
);

const summary = object('Counts by outcome.', {
  pass: count('Policies whose demands are met.'),
  fail: count('Policies whose demands are not met.'),
  warn: count('Policies whose demands are not met and that only warn.'),
  error: count('Policies that could not be evaluated.'),
  skip: count('Policies that were not selected for evaluation.'),
});

const schema = (kind, extra) => ({
  openAPIV3Schema: object(`${kind}: what policies say about an object.`, {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { type: 'object' },
    ...extra,
    scope: reference('The object that the report is about.'),
    scopeSelector: selector('Labels of the objects that the report is about.'),
    configuration: object('How the report is written.', { limits: object('Limits of the report.', { maxResults: count('The most results.'), statusFilter: list('Outcomes that are reported.', { type: 'string', enum: ['pass', 'fail', 'warn', 'error', 'skip'] }) }) }),
    summary,
    results: list('What the policies said.', result),
  }),
});

const columns = [
  { name: 'Kind', type: 'string', jsonPath: '.scope.kind' },
  { name: 'Name', type: 'string', jsonPath: '.scope.name' },
  ...['Pass', 'Fail', 'Warn', 'Error', 'Skip'].map((name) => ({ name, type: 'integer', jsonPath: `.summary.${name.toLowerCase()}` })),
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
];

function definition({ group, kind, plural, shortNames, namespaced, versions, extra = {} }) {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase(), shortNames },
      scope: namespaced ? 'Namespaced' : 'Cluster',
      versions: versions.map(({ name, storage }) => ({ name, served: true, storage, additionalPrinterColumns: columns, schema: schema(kind, extra) })),
    },
  };
}

// The versions that others serve and store too: a cluster that has these definitions already keeps its objects.
const workingGroup = { group: 'wgpolicyk8s.io', versions: [{ name: 'v1alpha1', storage: false }, { name: 'v1alpha2', storage: false }, { name: 'v1beta1', storage: true }] };
const openReports = { group: 'openreports.io', versions: [{ name: 'v1alpha1', storage: true }], extra: { source: text('The tool that the report is from.') } };

const definitions = [
  definition({ ...workingGroup, kind: 'PolicyReport', plural: 'policyreports', shortNames: ['polr'], namespaced: true }),
  definition({ ...workingGroup, kind: 'ClusterPolicyReport', plural: 'clusterpolicyreports', shortNames: ['cpolr'], namespaced: false }),
  definition({ ...openReports, kind: 'Report', plural: 'reports', shortNames: ['reps'], namespaced: true }),
  definition({ ...openReports, kind: 'ClusterReport', plural: 'clusterreports', shortNames: ['creps'], namespaced: false }),
];

/** The text of a file, or of one that is not there. */
function textOf(url) {
  try {
    return readFileSync(url, 'utf8');
  } catch {
    return '';
  }
}

const check = process.argv[2] === '--check';
mkdirSync(fileURLToPath(folder), { recursive: true });
for (const one of definitions) {
  const name = `${one.spec.group}_${one.spec.names.plural}.yaml`;
  const url = new URL(name, folder);
  const written = `# Written by scripts/write-report-crds.mjs.\n${stringify(one, { lineWidth: 0, aliasDuplicateObjects: false })}`;
  if (!check) {
    writeFileSync(url, written);
  } else if (textOf(url) !== written) {
    console.error(`deploy/audit/crds/${name} is not what the script says: npm run crds:reports writes it anew`);
    process.exitCode = 1;
  }
}
