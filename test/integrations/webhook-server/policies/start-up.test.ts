import { createRuntime, Fault, type Runtime } from 'wasmwarden';
import { parsePolicyDefinitions } from 'wasmwarden/policy';
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { loadPolicies, type PolicyProblem, type StartUpPorts } from '../../../../integrations/webhook-server/src/policies/start-up.js';
import { moduleUrl } from '../../../support/policy-server/modules.js';

const startUp = suite('webhook-server/policies/start-up');

const good = { module: moduleUrl('pod-privileged') };
const hangs = { module: moduleUrl('adversarial/settings-hang') };

/** Loads policies into a runtime without limits of its own. */
async function load(policies: object, ports: Partial<StartUpPorts> = {}): Promise<{ readonly problems: readonly PolicyProblem[]; readonly loaded: readonly string[] }> {
  const runtime: Runtime = createRuntime({ workers: 2, policyTimeoutMs: null, requireMetadata: true });
  try {
    const problems = await loadPolicies(parsePolicyDefinitions(policies), { runtime, locate: (module) => Promise.resolve(module), concurrency: 2, watchdogMs: 60_000, ...ports });
    return { problems, loaded: [...runtime.policies.keys()] };
  } finally {
    await runtime.close();
  }
}

startUp('policies that are right have no problems', async () => {
  assert.equal(await load({ a: good, b: good }), { problems: [], loaded: ['a', 'b'] });
  assert.equal(await load({}), { problems: [], loaded: [] });
});

startUp('problems come in the order of the definitions, whatever they are and whenever they were found', async () => {
  const policies = { hangs: { ...hangs, timeoutEvalSeconds: 1 }, lost: { module: 'file:///nowhere.wasm' }, fine: good, far: { module: 'far away' }, patterns: { ...good, hostCapabilities: ['x'] } };
  const { problems } = await load(policies, {
    locate: (module) => (module === 'far away' ? Promise.reject(new Fault('MODULE_NOT_FOUND', 'it is not there')) : Promise.resolve(module)),
  });
  assert.equal(problems.map(({ policyId, fatal }) => [policyId, fatal]), [['hangs', false], ['lost', false], ['far', false], ['patterns', true]]);
  assert.is(problems[2]?.message, "Error while downloading policy 'far' from far away: it is not there");
});

startUp('a policy that hangs over its settings is given up by a watchdog although nothing limits it', async () => {
  const { problems } = await load({ hangs, fine: good }, { watchdogMs: 500 });
  assert.equal(problems, [{ policyId: 'hangs', message: 'Policy settings are invalid: their validation did not end within 0.5 seconds', fatal: false }]);
});

startUp('a policy that hangs in its start functions is given up alike', async () => {
  for (const fixture of ['infinite-loop-init', 'infinite-loop-start']) {
    const { problems } = await load({ hangs: { module: moduleUrl(`adversarial/${fixture}`) } }, { watchdogMs: 500 });
    assert.is(problems.length, 1);
  }
});

startUp('a policy may be named as every object in JavaScript has a property', async () => {
  const document: unknown = JSON.parse(JSON.stringify({ policy: good, constructor: good }).replace('"policy"', '"__proto__"'));
  assert.equal(await load(document as object), { problems: [], loaded: ['__proto__', 'constructor'] });
});

startUp('what is no fault of the surroundings is not a problem of a policy', async () => {
  const bug = new Error('a bug');
  const thrown = await load({ a: good }, { locate: () => Promise.reject(bug) }).catch((error: unknown) => error);
  assert.is(thrown, bug);
});

startUp.run();
