import { createRuntime, parseAdmissionReview, parseRawReview, type Runtime } from 'wasmwarden';
import { suite } from 'uvu';

import { moduleUrl } from '../support/policy-server/modules.js';

import { bodyOf, contractCases, policyIdOf, settingsCases } from './cases.js';
import { assertProblem, assertResponse } from './expectation.js';

// The first door: the library.
const library = suite('contract/library');

let runtime: Runtime;
library.before(async () => {
  runtime = createRuntime({ workers: 2, requireMetadata: true });
  await runtime.load(Object.fromEntries(contractCases.map(({ fixture, policy }, index) => [policyIdOf(index), { module: moduleUrl(fixture), ...policy }])));
  await runtime.load(Object.fromEntries(settingsCases.map(({ fixture, settings = {} }, index) => [`settings-${index}`, { module: moduleUrl(fixture), settings, timeoutEvalSeconds: 1 }])));
});
library.after(() => runtime.close());

for (const [index, row] of contractCases.entries()) {
  library(row.title, async () => {
    const body = new TextEncoder().encode(bodyOf(row));
    const { response, unprocessed } = await runtime.evaluate(policyIdOf(index), row.asked === 'validate_raw' ? parseRawReview(body) : parseAdmissionReview(body));
    assertResponse(JSON.stringify(row.asked === 'audit' ? unprocessed : response), row);
  });
}

for (const [index, row] of settingsCases.entries()) {
  library(row.title, async () => {
    const verdict = await runtime.validateSettings(`settings-${index}`);
    assertProblem(verdict.valid ? undefined : verdict.message, row);
  });
}

library.run();
