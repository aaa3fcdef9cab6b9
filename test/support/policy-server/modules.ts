// Fixture modules as a policy-server can load them: by file URL, with metadata.
import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { withCustomSection } from '../../../lib/wasm/custom-section.js';
import { fixtureBytes } from '../fixtures.js';
import { scratchFolder } from '../scratch.js';

const metadata = { protocolVersion: 'v1', rules: [], mutating: true, backgroundAudit: true, executionMode: 'kubewarden-wapc', policyType: 'kubernetes', contextAwareResources: [] };
let folder: string | undefined;

/** The location of a fixture's module. The hostile ones have no metadata of their own and are given some. */
export function moduleUrl(fixture: string): string {
  if (!fixture.startsWith('adversarial/')) return pathToFileURL(resolve(`build/fixtures/policies/${fixture}.wasm`)).href;
  folder ??= scratchFolder();
  const path = join(folder, `${fixture.replace('/', '-')}.wasm`);
  if (!existsSync(path)) writeFileSync(path, withCustomSection(fixtureBytes(fixture), 'io.kubewarden.metadata', new TextEncoder().encode(JSON.stringify(metadata))));
  return pathToFileURL(path).href;
}
