#!/usr/bin/env node
// Fetches the schemas of Kubernetes' own types that our custom resources embed from the OpenAPI document of a real API server (the test
// cluster's) and writes them, made structural and without prose, to scripts/data/core-schemas.json. Run it when the cluster's
// Kubernetes release changes; write-crds.mjs uses the result. A test runs it with --check, which writes nothing and fails when the file is
// not what the API server says.
//
//   npm run build && npm run crds:core [-- --check]

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { coreTypes } from '../build/integrations/k8s-controller/src/crds/schema-parts.js';
import { startCluster } from '../build/test/cluster/cluster.js';

const target = fileURLToPath(new URL('data/core-schemas.json', import.meta.url));

/** Quantities, as every custom resource definition of the ecosystem spells them. */
const quantity = {
  'anyOf': [{ type: 'integer' }, { type: 'string' }],
  'pattern': '^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$',
  'x-kubernetes-int-or-string': true,
};

const keptKeywords = ['type', 'format', 'required', 'x-kubernetes-list-type', 'x-kubernetes-list-map-keys', 'x-kubernetes-map-type'];

/** A schema with its references put in place. Enumerations are left out: a newer API server knows more words, and checks them itself. */
function structural(schema, schemas) {
  const reference = schema.$ref ?? schema.allOf?.[0]?.$ref;
  if (reference !== undefined) {
    const name = reference.split('/').pop();
    return name.endsWith('.Quantity') ? quantity : structural(schemas[name], schemas);
  }
  if (schema.format === 'int-or-string') return { 'anyOf': [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true };
  const { properties, items, additionalProperties, required = [] } = schema;
  return {
    ...Object.fromEntries(Object.entries(schema).filter(([keyword]) => keptKeywords.includes(keyword))),
    ...(properties === undefined ? {} : { properties: Object.fromEntries(Object.entries(properties).map(([name, child]) => [name, withDefault(name, child, required, schemas)])) }),
    ...(items === undefined ? {} : { items: structural(items, schemas) }),
    ...(typeof additionalProperties === 'object' ? { additionalProperties: structural(additionalProperties, schemas) } : {}),
  };
}

/** The default of a required field would hide that it is missing; that of an object would fill in objects nobody asked for. */
function withDefault(name, child, required, schemas) {
  const schema = structural(child, schemas);
  return child.default === undefined || typeof child.default === 'object' || required.includes(name) ? schema : { ...schema, default: child.default };
}

const outcome = await startCluster({ nodes: [] });
if (outcome.kind === 'unavailable') throw new Error(`The schemas come from a test cluster, and there is none: ${outcome.because}`);
try {
  const document = await outcome.cluster.client.get('/openapi/v3/api/v1');
  const { schemas } = document.components;
  const chosen = Object.fromEntries(Object.values(coreTypes).map((name) => [name, structural(schemas[name], schemas)]));
  const text = `${JSON.stringify({ kubernetes: document.info.version, schemas: chosen }, null, 1)}\n`;
  if (process.argv[2] !== '--check') {
    mkdirSync(fileURLToPath(new URL('data/', import.meta.url)), { recursive: true });
    writeFileSync(target, text);
  } else if (readFileSync(target, 'utf8') !== text) {
    console.error('scripts/data/core-schemas.json is not what the API server says: npm run crds:core writes it anew, then npm run crds');
    process.exitCode = 1;
  }
} finally {
  await outcome.cluster.stop();
}
