// The main door: create a runtime, load policies, evaluate requests.
export { defineCapability, refusal } from './capabilities/capability.js';
export type { CallContext, Capability, CapabilityDefinition, KubernetesKind } from './capabilities/capability.js';
export { catalogue } from './capabilities/catalogue.js';
export { deadlineAfter, earliest, never } from './deadline.js';
export type { Deadline } from './deadline.js';
export type { EventSink, GuestLogged, LogLevel, RuntimeEvent } from './events.js';
export { Fault, isFault, messageOf } from './fault.js';
export type { FaultContext, FaultOptions } from './fault.js';
export { parseAdmissionRequest, parseAdmissionReview, parseRawRequest, parseRawReview } from './policy/admission.js';
export type { KubernetesRequest, RawRequest, Request } from './policy/admission.js';
export type { SettingsVerdict } from './policy/guest-contract.js';
export type { AdmissionResponse, ResponseStatus, StatusCause } from './policy/response.js';
export type { Evaluation } from './runtime/evaluation.js';
export type { LoadedPolicy, ReadyPolicy, UnusablePolicy } from './runtime/loaded-policy.js';
export type { RuntimeOptions } from './runtime/options.js';
export type { PolicyInput } from './runtime/policy-input.js';
export { createRuntime } from './runtime/runtime.js';
export type { EvaluateOptions, Runtime } from './runtime/runtime.js';
