import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { aggregatedResourcesOf, parseApiVersion, resourcesOf, versionsOf } from '../../../lib/kubernetes/discovery.js';

const discoveries = suite('kubernetes/discovery');

const apiVersions: readonly [text: string, expected: object | undefined][] = [
  ['v1', { group: '', version: 'v1' }],
  ['apps/v1', { group: 'apps', version: 'v1' }],
  ['', undefined],
  ['/v1', undefined],
  ['apps/', undefined],
  ['a/b/c', undefined],
];

for (const [text, expected] of apiVersions) discoveries(`'${text}' ${expected === undefined ? 'is no apiVersion' : 'is an apiVersion'}`, () => assert.equal(parseApiVersion(text), expected));

discoveries('the resources of a version have their subresources with them', () => {
  const document = {
    kind: 'APIResourceList',
    groupVersion: 'apps/v1',
    resources: [
      { name: 'deployments/scale', group: 'autoscaling', version: 'v1', kind: 'Scale', namespaced: true, verbs: ['get'] },
      { name: 'deployments', singularName: 'deployment', namespaced: true, kind: 'Deployment', verbs: ['create', 'list'], shortNames: ['deploy'], categories: ['all'] },
      { name: 'deployments/status', kind: 'Deployment', namespaced: true, verbs: ['get'] },
      { name: 'globals', kind: 'Global', namespaced: false },
      { kind: 'Nameless' },
      'nonsense',
    ],
  };
  assert.equal(resourcesOf(document, { group: 'apps', version: 'v1' }), [
    { group: 'apps', version: 'v1', plural: 'deployments', kind: 'Deployment', namespaced: true, singular: 'deployment', shortNames: ['deploy'], categories: ['all'], verbs: ['create', 'list'], subresources: ['scale', 'status'] },
    { group: 'apps', version: 'v1', plural: 'globals', kind: 'Global', namespaced: false, singular: '', shortNames: [], categories: [], verbs: [], subresources: [] },
  ]);
});

discoveries('the versions of the groups come with the preferred one first', () => {
  const groups = [
    { name: 'apps', versions: [{ version: 'v1' }], preferredVersion: { version: 'v1' } },
    { name: 'autoscaling', versions: [{ version: 'v1' }, { version: 'v2' }], preferredVersion: { version: 'v2' } },
    { name: 'odd', versions: [{ version: 'v1' }] },
  ];
  assert.equal(versionsOf({ kind: 'APIGroupList', groups }), [
    { group: 'apps', version: 'v1' },
    { group: 'autoscaling', version: 'v2' },
    { group: 'autoscaling', version: 'v1' },
    { group: 'odd', version: 'v1' },
  ]);
});

discoveries('an aggregated document says everything at once, and what it has no fresh word of', () => {
  const document = {
    kind: 'APIGroupDiscoveryList',
    items: [
      {
        metadata: { name: 'apps' },
        versions: [
          {
            version: 'v1',
            freshness: 'Current',
            resources: [
              { resource: 'deployments', responseKind: { group: 'apps', version: 'v1', kind: 'Deployment' }, scope: 'Namespaced', singularResource: 'deployment', verbs: ['get'], shortNames: ['deploy'], categories: ['all'], subresources: [{ subresource: 'status' }] },
              { resource: 'kindless', scope: 'Cluster' },
            ],
          },
        ],
      },
      { metadata: { name: 'metrics.k8s.io' }, versions: [{ version: 'v1beta1', freshness: 'Stale' }] },
    ],
  };
  assert.equal(aggregatedResourcesOf(document), {
    resources: [{ group: 'apps', version: 'v1', plural: 'deployments', kind: 'Deployment', namespaced: true, singular: 'deployment', shortNames: ['deploy'], categories: ['all'], verbs: ['get'], subresources: ['status'] }],
    stale: [{ group: 'metrics.k8s.io', version: 'v1beta1' }],
  });
});

discoveries('other documents are none of these', () => {
  for (const document of [null, [], {}, { kind: 'Status' }]) assert.equal([resourcesOf(document, { group: '', version: 'v1' }), versionsOf(document), aggregatedResourcesOf(document)], [undefined, undefined, undefined]);
});

discoveries.run();
