// The contract between policies and those who ask them, as one list of cases: a policy with its configuration, a request, and
// the response. Each door (library, command, HTTPS) runs the whole list; section numbers are those of the contract.
import { reviewText } from '../support/fixtures.js';
import { pod, review } from '../support/policy-server/reviews.js';

/** How a policy is configured; as an entry of policies.yml without its module. */
export interface Configuration {
  readonly policyMode?: 'monitor';
  readonly allowedToMutate?: boolean;
  readonly message?: string;
  readonly timeoutEvalSeconds?: number;
  readonly hostCapabilities?: readonly string[];
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** A response; `patch` as the text that the base64 stands for, texts of the engine's own as patterns. */
export interface ExpectedResponse {
  readonly uid?: string;
  readonly allowed: boolean;
  readonly patch?: string;
  readonly status?: { readonly message?: string | RegExp; readonly code?: number; readonly details?: unknown };
  readonly auditAnnotations?: Readonly<Record<string, string>>;
  readonly warnings?: readonly string[];
}

/** One row. */
export interface ContractCase {
  readonly title: string;
  readonly fixture: string;
  readonly policy?: Configuration;
  /** Which of the three ways to ask: as an admission, as an audit, or raw. */
  readonly asked?: 'validate' | 'audit' | 'validate_raw';
  /** The body of the HTTP request. */
  readonly body?: string;
  readonly expected: ExpectedResponse;
}

/** What `validate_settings` says, as a problem in words; none when the settings are right. */
export interface SettingsCase {
  readonly title: string;
  readonly fixture: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly problem: string | RegExp | undefined;
}

const object = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'thing' }, b: [1, 2, 3], a: { x: 1, y: 2 } };
const withObject = review({ object });
const deletion = ((): string => {
  const { request, ...rest } = JSON.parse(review({ operation: 'DELETE' })) as { request: Record<string, unknown> };
  return JSON.stringify({ ...rest, request: { ...request, object: null, oldObject: object } });
})();

/** A policy that gives this answer; `hostCapabilities` and the like come with the rest. */
const answering = (answer: unknown, policy: Configuration = {}): Pick<ContractCase, 'fixture' | 'policy'> => ({ fixture: 'scripted', policy: { allowedToMutate: true, ...policy, settings: { answer } } });
const hostile = (name: string, policy: Configuration = {}): Pick<ContractCase, 'fixture' | 'policy'> => ({ fixture: `adversarial/${name}`, policy: { allowedToMutate: true, ...policy } });
const mutating = (mutated: unknown, policy: Configuration = {}): Pick<ContractCase, 'fixture' | 'policy'> => answering({ accepted: true, mutated_object: mutated }, policy);

const failure = (message: string | RegExp): ExpectedResponse => ({ allowed: false, status: { message, code: 500 } });
const guestFailure = (text: string): ExpectedResponse => failure(`internal server error: Guest call failure: ${text}`);
const unreadable: ExpectedResponse = failure(/^internal server error: invalid response from policy: ./);
const expired = failure('Policy execution interrupted because it exceeded the allowed execution time');
const guarded = (id: string): string => `Request rejected by policy ${id}. The policy attempted to mutate the request, but it is currently configured to not allow mutations.`;

/** The id that every door gives the policy of a case. */
export const policyIdOf = (index: number): string => `policy-${index}`;

const conversion: readonly ContractCase[] = [
  { title: '0.4: an acceptance says nothing else', ...answering({ accepted: true }), expected: { allowed: true } },
  { title: '0.4: null equals absent', ...answering({ accepted: true, message: null, code: null, mutated_object: null, audit_annotations: null, warnings: null }), expected: { allowed: true } },
  { title: '0.4: unknown keys are ignored', ...answering({ accepted: true, allowed: false, extra: { a: 1 } }), expected: { allowed: true } },
  { title: '0.4: a rejection without a word has no status', ...answering({ accepted: false }), expected: { allowed: false } },
  { title: '0.4: a rejection with a message', ...answering({ accepted: false, message: 'no' }), expected: { allowed: false, status: { message: 'no' } } },
  { title: '0.4: a rejection with a code alone', ...answering({ accepted: false, code: 418 }), expected: { allowed: false, status: { code: 418 } } },
  { title: '0.4: message and code are told of an acceptance too', ...answering({ accepted: true, message: 'fine', code: 200 }), expected: { allowed: true, status: { message: 'fine', code: 200 } } },
  { title: '0.4: an empty message is a message', ...answering({ accepted: false, message: '' }), expected: { allowed: false, status: { message: '' } } },
  { title: '0.4: the largest code', ...answering({ accepted: false, code: 65535 }), expected: { allowed: false, status: { code: 65535 } } },
  { title: '0.4: warnings and audit annotations pass', ...answering({ accepted: true, warnings: ['a', 'b'], audit_annotations: { key: 'value' } }), expected: { allowed: true, warnings: ['a', 'b'], auditAnnotations: { key: 'value' } } },
  { title: '0.4: a message in any script', ...answering({ accepted: false, message: 'größe ☃ 𝒳' }), expected: { allowed: false, status: { message: 'größe ☃ 𝒳' } } },
  { title: '0.4: a mutation is a patch', ...mutating({ ...object, a: { x: 1, y: 3 } }), body: withObject, expected: { allowed: true, patch: '[{"op":"replace","path":"/a/y","value":3}]' } },
  { title: '0.4: a patch adds in the order of keys, then removes', ...mutating({ ...object, a: { z: 1, w: 2 } }), body: withObject, expected: { allowed: true, patch: '[{"op":"add","path":"/a/w","value":2},{"op":"add","path":"/a/z","value":1},{"op":"remove","path":"/a/x"},{"op":"remove","path":"/a/y"}]' } },
  { title: '0.4: arrays are compared index by index', ...mutating({ ...object, b: [1, 9, 3, 4] }), body: withObject, expected: { allowed: true, patch: '[{"op":"replace","path":"/b/1","value":9},{"op":"add","path":"/b/3","value":4}]' } },
  { title: '0.4: items too many are removed at one index', ...mutating({ ...object, b: [1] }), body: withObject, expected: { allowed: true, patch: '[{"op":"remove","path":"/b/1"},{"op":"remove","path":"/b/1"}]' } },
  { title: '0.4: another kind of value is a replacement', ...mutating({ ...object, a: [1] }), body: withObject, expected: { allowed: true, patch: '[{"op":"replace","path":"/a","value":[1]}]' } },
  { title: '0.4: the same object is no patch', ...mutating(object), body: withObject, expected: { allowed: true } },
  { title: '0.4: a patch comes with a rejection too', ...answering({ accepted: false, message: 'no', mutated_object: { ...object, b: [] } }), body: review({ object: { ...object, b: [1] } }), expected: { allowed: false, patch: '[{"op":"remove","path":"/b/0"}]', status: { message: 'no' } } },
  { title: '0.4: a deletion cannot be mutated, whatever the policy says', ...mutating({ a: 1 }), body: deletion, expected: { allowed: false, status: { message: 'Incoming object is null, which happens only with DELETE operations, but the policy is attempting a mutation. This is not allowed' } } },
  { title: '0.4: a deletion can be judged', ...answering({ accepted: false, message: 'stays' }), body: deletion, expected: { allowed: false, status: { message: 'stays' } } },
  { title: '0.1: numbers of any size and spelling survive a mutation beside them', fixture: 'add-label', policy: { allowedToMutate: true, settings: { label: 'team', value: 'blue' } }, body: reviewText('custom-resource-numbers'), expected: { uid: '0c5d4ac5-8a8c-4c3c-9d4b-1f0e5b3c2a07', allowed: true, patch: '[{"op":"add","path":"/metadata/labels/team","value":"blue"}]' } },
];

const outcomes: readonly ContractCase[] = [
  { title: '1.5: an error of the guest', fixture: 'scripted', policy: { settings: { error: 'out of sorts' } }, expected: guestFailure('out of sorts') },
  { title: '1.3: failure without a text', ...hostile('no-error'), expected: guestFailure('No error message set for call failure') },
  { title: '1.3: success without an answer', ...hostile('no-response'), expected: guestFailure('No error message OR response set for call success') },
  { title: '1.3: failure with an answer', ...hostile('response-then-fail'), expected: failure(/^internal server error: Guest call failure: /) },
  { title: '1.3: every result but 0 is success', ...hostile('return-2'), expected: { allowed: true } },
  { title: '1.3: success with an answer and an error', ...hostile('error-then-success'), expected: { allowed: true } },
  { title: '1.5: a trap', ...hostile('trap'), expected: failure(/^internal server error: Guest call failure: /) },
  { title: '1.5: a trap after an answer', ...hostile('trap-after-response'), expected: failure(/^internal server error: Guest call failure: /) },
  { title: '1.3: an exit is no answer', ...hostile('exit-in-call'), expected: failure(/^internal server error: Guest call failure: /) },
  { title: '1.5: an answer that is not JSON', ...hostile('not-json-response'), expected: unreadable },
  { title: '1.5: an answer of zero bytes', ...hostile('empty-response'), expected: unreadable },
  { title: '1.5: bytes after the answer', ...hostile('trailing-response'), expected: unreadable },
  { title: '1.5: an answer without accepted', ...hostile('missing-accepted'), expected: failure('internal server error: invalid response from policy: missing field `accepted`') },
  { title: '1.5: an answer whose accepted is a string', ...hostile('wrong-shape-response'), expected: unreadable },
  { title: '1.5: an answer that says accepted twice', ...hostile('duplicate-accepted'), expected: unreadable },
  { title: '0.4: a code beyond 65535', ...hostile('code-out-of-range'), expected: unreadable },
  { title: '1.5: an answer that is not UTF-8', ...hostile('bad-utf8-response'), expected: unreadable },
  { title: '5.8: a policy that takes longer than its limit', ...hostile('infinite-loop', { timeoutEvalSeconds: 1 }), expected: expired },
  { title: '1.5: a guest that says the deadline has passed', ...hostile('error-claims-deadline'), expected: expired },
];

const processing: readonly ContractCase[] = [
  { title: '5.7: monitor mode lets a denial through without a word', ...answering({ accepted: false, message: 'no', code: 403, warnings: ['w'], audit_annotations: { a: 'b' } }, { policyMode: 'monitor' }), expected: { allowed: true, warnings: ['w'], auditAnnotations: { a: 'b' } } },
  { title: '5.7: monitor mode drops a patch', ...mutating({ a: 1 }, { policyMode: 'monitor' }), expected: { allowed: true } },
  { title: '5.7: monitor mode lets an error through', ...hostile('trap', { policyMode: 'monitor' }), expected: { allowed: true } },
  { title: '5.7: an audit sees what a monitored policy said', ...answering({ accepted: false, message: 'no', code: 403 }, { policyMode: 'monitor' }), asked: 'audit', expected: { allowed: false, status: { message: 'no', code: 403 } } },
  { title: '5.7: a mutation that is not allowed denies', ...answering({ accepted: true, mutated_object: { a: 1 }, message: 'm', code: 1, warnings: ['w'] }, { allowedToMutate: false }), expected: { allowed: false, status: { message: 'GUARDED' }, warnings: ['w'] } },
  { title: '5.7: an audit sees the patch of a mutation that is not allowed', ...mutating({ ...object, b: [1, 2] }, { allowedToMutate: false }), body: withObject, asked: 'audit', expected: { allowed: true, patch: '[{"op":"remove","path":"/b/2"}]' } },
  { title: '5.7: a mutation of nothing is no mutation', ...mutating(object, { allowedToMutate: false }), body: withObject, expected: { allowed: true } },
  { title: '5.7: a message of the operator takes the place of the policy’s, which becomes a cause', ...answering({ accepted: false, message: 'no', code: 403 }, { message: 'ask the platform team' }), expected: { allowed: false, status: { message: 'ask the platform team', details: { causes: [{ reason: null, message: 'no', field: null }] }, code: 403 } } },
  { title: '5.7: a policy without a message leaves an empty cause', ...answering({ accepted: false }, { message: 'ask the platform team' }), expected: { allowed: false, status: { message: 'ask the platform team', details: { causes: [{ reason: null, message: '', field: null }] } } } },
  { title: '5.7: the operator’s message is not for acceptances', ...answering({ accepted: true, message: 'fine' }, { message: 'ask the platform team' }), expected: { allowed: true, status: { message: 'fine' } } },
  { title: '5.7: the operator’s message is told of errors', fixture: 'scripted', policy: { message: 'ask the platform team', settings: { error: 'x' } }, expected: { allowed: false, status: { message: 'ask the platform team', details: { causes: [{ reason: null, message: 'internal server error: Guest call failure: x', field: null }] }, code: 500 } } },
  { title: '5.7: the operator’s message is told of a mutation that is not allowed', ...mutating({ a: 1 }, { allowedToMutate: false, message: 'ask the platform team' }), expected: { allowed: false, status: { message: 'ask the platform team', details: { causes: [{ reason: null, message: 'GUARDED', field: null }] } } } },
  { title: '5.7: an audit does not see the operator’s message', ...answering({ accepted: false, message: 'no' }, { message: 'ask the platform team' }), asked: 'audit', expected: { allowed: false, status: { message: 'no' } } },
  { title: '5.7: monitor mode comes before the guard and the message', ...mutating({ a: 1 }, { allowedToMutate: false, policyMode: 'monitor', message: 'ask' }), expected: { allowed: true } },
];

const real: readonly ContractCase[] = [
  { title: 'a privileged Pod is denied', fixture: 'pod-privileged', body: review({ object: pod(true) }), expected: { allowed: false, status: { message: 'Privileged container is not allowed' } } },
  { title: 'a Pod that is not privileged is accepted', fixture: 'pod-privileged', body: review({ object: pod(false) }), expected: { allowed: true } },
  { title: 'settings reach the policy', fixture: 'pod-privileged', policy: { settings: { skip_init_containers: true } }, body: reviewText('pod-privileged-init'), expected: { uid: '0c5d4ac5-8a8c-4c3c-9d4b-1f0e5b3c2a03', allowed: true } },
  { title: 'the same module denies with other settings', fixture: 'pod-privileged', body: reviewText('pod-privileged-init'), expected: { uid: '0c5d4ac5-8a8c-4c3c-9d4b-1f0e5b3c2a03', allowed: false, status: { message: 'Privileged init container is not allowed' } } },
];

const hostCall = (request: object): string => JSON.stringify({ request });
const raw: readonly ContractCase[] = [
  { title: '5.6: the uid of a raw request is taken when it is a string', fixture: 'raw-allowed-user', policy: { settings: { allowed_users: ['alice'] } }, asked: 'validate_raw', body: '{"request":{"uid":"u-1","user":"alice"}}', expected: { uid: 'u-1', allowed: true } },
  { title: '5.6: a raw request without a uid has an empty one', fixture: 'raw-allowed-user', policy: { settings: { allowed_users: ['alice'] } }, asked: 'validate_raw', body: '{"request":{"uid":7,"user":"bob"}}', expected: { uid: '', allowed: false, status: { message: "user 'bob' is not allowed" } } },
  { title: '0.4: of a raw request the whole may be mutated', fixture: 'raw-default-user', policy: { allowedToMutate: true, settings: { default_user: 'eve' } }, asked: 'validate_raw', body: '{"request":{"a":1.0}}', expected: { uid: '', allowed: true, patch: '[{"op":"add","path":"/user","value":"eve"}]' } },
  { title: '5.7: the guard holds for raw requests', fixture: 'raw-default-user', policy: { allowedToMutate: false, settings: { default_user: 'eve' } }, asked: 'validate_raw', body: '{"request":{}}', expected: { uid: '', allowed: false, status: { message: 'GUARDED' } } },
  { title: '0.4: a raw request may be any JSON, and be replaced', ...mutating({ b: 2 }), asked: 'validate_raw', body: '{"request":[1]}', expected: { uid: '', allowed: true, patch: '[{"op":"replace","path":"","value":{"b":2}}]' } },
  { title: '4.1: a capability that was not granted is refused', fixture: 'host-call', asked: 'validate_raw', body: hostCall({ namespace: 'net', operation: 'v1/dns_lookup_host', payload: 'localhost' }), expected: { uid: '', ...guestFailure("Host error: Policy has not been granted access to the 'net/v1/dns_lookup_host' host capability. The violation has been reported.") } },
  { title: '4.2: of two namespaces one is granted', fixture: 'host-call', policy: { hostCapabilities: ['oci/*'] }, asked: 'validate_raw', body: hostCall({ namespace: 'net', operation: 'v1/dns_lookup_host', payload: 'localhost' }), expected: { uid: '', ...guestFailure("Host error: Policy has not been granted access to the 'net/v1/dns_lookup_host' host capability. The violation has been reported.") } },
  { title: '4.1: an unknown binding', fixture: 'host-call', policy: { hostCapabilities: ['*'] }, asked: 'validate_raw', body: hostCall({ binding: 'other', namespace: 'net', operation: 'x', payload: 1 }), expected: { uid: '', ...guestFailure('Host error: unknown binding: other') } },
  { title: '4.1: an unknown namespace', fixture: 'host-call', policy: { hostCapabilities: ['*'] }, asked: 'validate_raw', body: hostCall({ namespace: 'other', operation: 'x', payload: 1 }), expected: { uid: '', ...guestFailure('Host error: unknown namespace: other') } },
  { title: '4.1: an unknown operation', fixture: 'host-call', policy: { hostCapabilities: ['net/*'] }, asked: 'validate_raw', body: hostCall({ namespace: 'net', operation: 'v1/other', payload: 1 }), expected: { uid: '', ...guestFailure('Host error: unknown operation: v1/other') } },
  { title: '4.3: logging needs no grant and answers nothing', fixture: 'host-call', asked: 'validate_raw', body: hostCall({ namespace: 'tracing', operation: 'log', payload: { level: 'DEBUG', message: 'm' } }), expected: { uid: '', allowed: true, status: { message: '' } } },
];

/** Every row; the position is part of the policy's id. */
export const contractCases: readonly ContractCase[] = [...conversion, ...outcomes, ...processing, ...real, ...raw].map((row, index) => ({ ...row, expected: withGuard(row.expected, guarded(policyIdOf(index))) }));

/** The guard's text holds the policy's id, which only the row's place tells. */
function withGuard(expected: ExpectedResponse, text: string): ExpectedResponse {
  const { status } = expected;
  if (status === undefined) return expected;
  const replaced = JSON.parse(JSON.stringify(status, (_, value: unknown) => (value instanceof RegExp ? undefined : value)).replaceAll('"GUARDED"', JSON.stringify(text))) as NonNullable<ExpectedResponse['status']>;
  return { ...expected, status: { ...status, ...replaced } };
}

const callback = (text: string): string => `Error invoking settings validation callback: GuestCallFailure(${text})`;

/** What policies say of their settings (0.5, 1.5). */
export const settingsCases: readonly SettingsCase[] = [
  { title: '0.5: right settings', fixture: 'add-label', settings: { label: 'a', value: 'b' }, problem: undefined },
  { title: '0.5: wrong settings with a message', fixture: 'add-label', settings: { label: '', value: 'b' }, problem: "'label' must not be empty" },
  { title: '0.5: wrong settings of a policy with a mind of its own', fixture: 'scripted', settings: { settings_error: 'größe ☃' }, problem: 'größe ☃' },
  { title: '0.1: no settings are an empty object', fixture: 'pod-privileged', problem: undefined },
  { title: '1.4: a policy without validate_settings', fixture: 'adversarial/settings-missing', problem: /^Error invoking settings validation callback: GuestCallFailure\(".*validate_settings.*"\)$/ },
  { title: '1.5: a policy that traps over its settings', fixture: 'adversarial/settings-trap', problem: /^Error invoking settings validation callback: GuestCallFailure\(".+"\)$/ },
  { title: '1.5: a policy that hangs over its settings', fixture: 'adversarial/settings-hang', problem: callback('"guest code interrupted, execution deadline exceeded"') },
  { title: '1.5: an answer about settings of another shape', fixture: 'adversarial/settings-wrong-shape', problem: /^error: ./ },
  { title: '0.5: a refusal', fixture: 'adversarial/settings-invalid', problem: /./ },
];

/** The body of a row's request. */
export const bodyOf = ({ body, asked }: ContractCase): string => body ?? (asked === 'validate_raw' ? '{"request":{}}' : withObject);
