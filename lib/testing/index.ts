// The door `wasmwarden/testing`: a kit for authors to test policies, and the fakes that our own tests use.
export { admissionRequest, defaultUid } from './admission-requests.js';
export type { AdmissionRequestObject, KubernetesObject, RequestParts } from './admission-requests.js';
export { expectAccepted, expectMutated, expectRejected, expectUnchanged } from './expectations.js';
export { fakeResolver } from './fake-resolver.js';
export type { HostCallAnswer, HostCallScript, RecordedHostCall } from './host-call-script.js';
export { kindEntry, kinds } from './kinds.js';
export type { KindEntry } from './kinds.js';
export { manualClock } from './manual-clock.js';
export type { ManualClock } from './manual-clock.js';
export { openPolicy } from './policy-under-test.js';
export type { PolicyTestOptions, PolicyUnderTest } from './policy-under-test.js';
export type { PatchOperation, Verdict } from './verdict.js';
