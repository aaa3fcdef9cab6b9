// Names of policies and of members of groups.
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { parsePolicyId, parsePolicyName } from '../../../lib/policy/identity.js';
import { faultOf } from '../../support/fault-of.js';

const identity = suite('policy/identity');

for (const name of ['pod-privileged', 'clusterwide-x', 'namespaced-default-x', 'größe', '__proto__', ' ', '.', 'a%2Fb']) {
  identity(`'${name}' is a name`, () => {
    assert.is(parsePolicyName(name), name);
    assert.is(parsePolicyId(name), name);
  });
}

identity('a member of a group is addressed by both names', () => {
  assert.is(parsePolicyId('group/member'), 'group/member');
});

for (const id of ['', '/', 'a/', '/b', 'a//b', 'a/b/c']) {
  identity(`'${id}' is no id`, () => {
    const fault = faultOf(() => parsePolicyId(id));
    assert.is(fault.code, 'POLICY_ID_INVALID');
    assert.is(fault.message, `Not a valid Policy ID: ${id}`);
  });
}

identity('a name must not hold a slash', () => {
  assert.is(faultOf(() => parsePolicyName('a/b')).message, "policy name 'a/b' contains a '/' character");
  assert.is(faultOf(() => parsePolicyName('')).message, 'Not a valid Policy ID: ');
});

identity.run();
