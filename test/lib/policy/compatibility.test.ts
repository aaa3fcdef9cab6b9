// Which metadata may be served (contract 5.4).
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { assertCompatible, assertRunnable, contractVersion } from '../../../lib/policy/compatibility.js';
import { parseMetadata, type ExecutionMode } from '../../../lib/policy/metadata.js';
import { faultOf } from '../../support/fault-of.js';

const compatibility = suite('policy/compatibility');

const checked = (changes: Readonly<Record<string, unknown>>): void => assertCompatible(parseMetadata({ protocolVersion: 'v1', rules: [], mutating: false, ...changes }));
const refusal = (changes: Readonly<Record<string, unknown>>): string => {
  const fault = faultOf(() => checked(changes));
  assert.is(fault.code, 'POLICY_INCOMPATIBLE');
  return fault.message;
};

compatibility('a waPC policy of protocol v1 is served', () => checked({}));

compatibility('a waPC policy needs a protocol version', () => {
  assert.is(refusal({ protocolVersion: null }), 'Policy is missing protocol version, which is required for KubewardenWapc execution mode');
});

compatibility('a waPC policy of another protocol version is refused', () => {
  assert.is(refusal({ protocolVersion: 'Unknown' }), 'Policy uses protocol version Unknown but only V1 is supported');
});

for (const executionMode of ['wasi', 'opa', 'gatekeeper'] as const) {
  compatibility(`a policy of mode ${executionMode} needs no protocol version`, () => {
    checked({ executionMode, protocolVersion: null });
    checked({ executionMode, protocolVersion: 'Unknown' });
  });
}

const [ownMajor = 0, ownMinor = 0] = contractVersion.split('.').map(Number);

for (const version of [contractVersion, `${ownMajor}.${ownMinor}.999`, `${ownMajor}.${ownMinor}.0-rc.1`, `${ownMajor}.${ownMinor - 1}.7`, '0.99.0']) {
  compatibility(`a policy that asks for ${version} is served: only major and minor count`, () => checked({ minimumKubewardenVersion: version }));
}

for (const [version, shown] of [
  [`${ownMajor}.${ownMinor + 1}.0`, `${ownMajor}.${ownMinor + 1}.0`],
  [`${ownMajor}.${ownMinor + 1}.5-alpha`, `${ownMajor}.${ownMinor + 1}.0`],
  [`${ownMajor + 1}.0.0`, `${ownMajor + 1}.0.0`],
] as const) {
  compatibility(`a policy that asks for ${version} is refused`, () => {
    assert.is(refusal({ minimumKubewardenVersion: version }), `Policy required Kubewarden version ${shown} but is running on ${ownMajor}.${ownMinor}.0`);
  });
}

compatibility('the version counts for every mode', () => {
  assert.match(refusal({ executionMode: 'opa', minimumKubewardenVersion: '99.0.0' }), /^Policy required Kubewarden version 99\.0\.0/);
});

compatibility('waPC policies can be run', () => assertRunnable('kubewarden-wapc'));

for (const mode of ['wasi', 'opa', 'gatekeeper'] satisfies readonly ExecutionMode[]) {
  compatibility(`the mode ${mode} is refused with one sentence as long as it is not built`, () => {
    const fault = faultOf(() => assertRunnable(mode));
    assert.is(fault.code, 'POLICY_MODE_UNSUPPORTED');
    assert.is(fault.message, `The policy asks for the execution mode '${mode}', which is not supported yet; only 'kubewarden-wapc' policies can run.`);
  });
}

compatibility.run();
