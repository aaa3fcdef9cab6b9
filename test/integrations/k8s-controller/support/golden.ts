// Objects beside what they were agreed to be. `UPDATE_GOLDEN=1` writes the files anew; what changed is then reviewed like code.
import { readFileSync, writeFileSync } from 'node:fs';

import * as assert from 'uvu/assert';
import { stringify } from 'yaml';

const folder = 'test/integrations/k8s-controller/golden';

/** Fails when an object is not what `golden/<name>.yaml` says. */
export function assertGolden(name: string, object: unknown): void {
  const path = `${folder}/${name}.yaml`;
  const text = stringify(object, { lineWidth: 0, aliasDuplicateObjects: false });
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(path, text);
  assert.fixture(text, readFileSync(path, 'utf8'), `${path} says otherwise`);
}
