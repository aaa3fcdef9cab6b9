#!/usr/bin/env node
// Writes the custom resource definitions to deploy/crds/ from the schemas that the controller reads objects with. A test runs it with
// --check, which writes nothing and fails when a file is not what the schemas say.
//
//   npm run build && npm run crds [-- --check]

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { stringify } from 'yaml';

import { customResourceDefinitions } from '../build/integrations/k8s-controller/src/crds/manifest.js';

const folder = new URL('../deploy/crds/', import.meta.url);
const { schemas } = JSON.parse(readFileSync(new URL('data/core-schemas.json', import.meta.url), 'utf8'));

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
for (const definition of customResourceDefinitions(schemas)) {
  const name = `${definition.spec.group}_${definition.spec.names.plural}.yaml`;
  const url = new URL(name, folder);
  const text = `# Written by scripts/write-crds.mjs from integrations/k8s-controller/src/crds/.\n${stringify(definition, { lineWidth: 0, aliasDuplicateObjects: false })}`;
  if (!check) {
    writeFileSync(url, text);
  } else if (textOf(url) !== text) {
    console.error(`deploy/crds/${name} is not what the schemas say: npm run crds writes it anew`);
    process.exitCode = 1;
  }
}
