import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { Fault } from '../../../../lib/fault.js';
import { attempted, carryOut, soonest } from '../../../../integrations/k8s-controller/src/control/outcome.js';
import type { Action } from '../../../../integrations/k8s-controller/src/plan/actions.js';
import type { Plan } from '../../../../integrations/k8s-controller/src/plan/plan.js';

const outcomes = suite('k8s-controller/control/outcome');

const remove = (name: string): Action => ({ kind: 'delete', reference: { apiVersion: 'v1', kind: 'ConfigMap', name }, precondition: { uid: undefined, resourceVersion: undefined } });
const steps = (...names: readonly string[]): Plan => ({ kind: 'steps', actions: names.map(remove) });

/** Carries plans out; the step of a name fails. */
const carried = async (plans: readonly Plan[], failing?: Readonly<Record<string, Error>>): Promise<{ readonly done: readonly string[]; readonly failures: Awaited<ReturnType<typeof carryOut>> }> => {
  const done: string[] = [];
  const failures = await carryOut(plans, {
    perform: (action) => {
      const name = action.kind === 'delete' ? action.reference.name : '';
      const error = failing?.[name];
      if (error !== undefined) return Promise.reject(error);
      done.push(name);
      return Promise.resolve();
    },
  });
  return { done, failures };
};

outcomes('steps are taken in their order', async () => assert.equal(await carried([steps('a', 'b'), steps('c')]), { done: ['a', 'b', 'c'], failures: [] }));
outcomes('nothing is done after a step that failed, for it may rest on it', async () => {
  const { done, failures } = await carried([steps('a', 'b', 'c'), steps('d')], { b: new Fault('KUBERNETES_FORBIDDEN', 'not allowed') });
  assert.equal([done, failures], [['a'], [{ message: 'not allowed', expected: false, retryAfterMs: undefined }]]);
});
outcomes('nothing is done after a plan that is blocked', async () => {
  const { done, failures } = await carried([steps('a'), { kind: 'blocked', because: 'it is somebody else\'s' }, steps('b')]);
  assert.equal([done, failures.map(({ message }) => message)], [['a'], ['it is somebody else\'s']]);
});
for (const code of ['KUBERNETES_CONFLICT', 'KUBERNETES_ALREADY_EXISTS'] as const) {
  outcomes(`${code} is expected: somebody was faster`, async () => assert.equal((await carried([steps('a')], { a: new Fault(code, 'x') })).failures.map(({ expected }) => expected), [true]));
}
outcomes('a bug is no failure to be tried again: it passes', async () => {
  const bug = new Error('a bug');
  assert.is(await carried([steps('a')], { a: bug }).catch((error: unknown) => error), bug);
});
outcomes('a fault in between is a failure of the whole', async () => {
  assert.equal((await attempted(() => Promise.reject(new Fault('KUBERNETES_UNREACHABLE', 'x')))).failures.map(({ expected }) => expected), [false]);
});
outcomes('of several times the soonest counts', () => assert.equal([soonest(), soonest(undefined), soonest(3, undefined, 2)], [undefined, undefined, 2]));

outcomes.run();
