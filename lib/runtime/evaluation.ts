// One evaluation: encode, run, read the verdict, decide. Whatever the guest does ends in a response.
import type { Dispatcher } from '../capabilities/dispatch.js';
import type { Deadline } from '../deadline.js';
import type { EventSink } from '../events.js';
import { Fault } from '../fault.js';
import type { Outcome } from '../outcome.js';
import type { Request } from '../policy/admission.js';
import { decide } from '../policy/decision.js';
import { encodeValidate, operations, requestStart } from '../policy/guest-contract.js';
import type { AdmissionResponse } from '../policy/response.js';
import { responseOfFailure } from '../policy/verdict.js';
import type { HostAnswer } from '../wapc/protocol.js';

import type { JobOutcome, Judging } from './bridge/wire.js';
import type { ReadyPolicy } from './loaded-policy.js';
import { withLogBudget } from './log-budget.js';
import type { Job, JobResult } from './pool/pending-job.js';
import type { Pool } from './pool/pool.js';

/** What an evaluation came to. */
export interface Evaluation {
  readonly policyId: string;
  /** What goes back to whoever asked: after monitor mode, mutation guard and custom message. */
  readonly response: AdmissionResponse;
  /** What the policy itself said: the truth for audits and metrics. */
  readonly unprocessed: AdmissionResponse;
  /** Milliseconds spent waiting for a worker, and in the sandbox. Zero for a policy that is unusable. */
  readonly waitMs: number;
  readonly runMs: number;
}

/** What evaluations run on. */
export interface EvaluationPorts {
  readonly pool: Pool;
  readonly dispatcher: Dispatcher;
  readonly emit: EventSink;
}

/** An outcome of a guest that came up. */
export type RunOutcome = Exclude<Outcome, { kind: 'start-failed' }>;

/**
 * Judges one request by one policy.
 *
 * @throws {Fault} `POLICY_START_FAILED` when the guest cannot be brought up; `POOL_*`, `REQUEST_DEADLINE_EXCEEDED`, `RUNTIME_CLOSED`
 */
export async function evaluateRequest(ports: EvaluationPorts, policy: ReadyPolicy, request: Request, deadline: Deadline): Promise<Evaluation> {
  const payload = encodeValidate(request.bytes, policy.settings);
  const { outcome, waitMs, runMs } = await run(ports, policy, { operation: operations.validate, payload, deadline, judging: { uid: request.uid, base: baseIn(request) } });
  if (outcome.kind === 'answered') throw new Error('a thread brought an answer back that it was to judge');
  const unprocessed = outcome.kind === 'judged' ? outcome.response : responseOfFailure(outcome, request.uid);
  return { policyId: policy.id, response: decide(unprocessed, policy.enforcement), unprocessed, waitMs, runMs };
}

/** Where in the payload of a request the document stands that a policy may mutate. */
function baseIn(request: Request): Judging['base'] {
  const document = request.kind === 'raw' ? request.bytes : request.object;
  if (document === undefined) return undefined;
  const start = requestStart + document.byteOffset - request.bytes.byteOffset;
  return { start, end: start + document.byteLength };
}

/** What running one operation came to. */
export interface Run {
  readonly outcome: RunOutcome;
  readonly waitMs: number;
  readonly runMs: number;
}

/** One operation to run. */
export interface OperationCall {
  readonly operation: string;
  readonly payload: Uint8Array;
  readonly deadline: Deadline;
}

/** Runs one operation of a policy's guest, and gives what it answered. Faults as `evaluateRequest`. */
export async function runOperation(ports: EvaluationPorts, policy: ReadyPolicy, call: OperationCall): Promise<Run> {
  const { outcome, ...times } = await run(ports, policy, { ...call, judging: undefined });
  if (outcome.kind === 'judged') throw new Error('a thread judged an answer that it was to bring back');
  return { outcome, ...times };
}

type Ran = Pick<JobResult, 'waitMs' | 'runMs'> & { readonly outcome: Exclude<JobOutcome, { kind: 'start-failed' }> };

async function run({ pool, dispatcher, emit }: EvaluationPorts, policy: ReadyPolicy, { operation, payload, deadline, judging }: OperationCall & Pick<Job, 'judging'>): Promise<Ran> {
  const { id, code, sandbox, limits, rules, grants, contextAwareResources } = policy;
  const { hostAnswerBytes, logLines } = rules.limits;
  const report = withLogBudget(id, emit, logLines);
  const { outcome, waitMs, runMs, instance } = await pool.run({
    policy: id,
    sandbox,
    code,
    maxConcurrent: rules.maxConcurrent ?? Number.POSITIVE_INFINITY,
    operation,
    payload,
    judging,
    deadline,
    limits,
    answer: async (call, signal) => bounded(await dispatcher.dispatch(call, grants, { policyId: id, signal, deadline, contextAwareResources, emit: report }), hostAnswerBytes),
    onOutput: (source, message) => report({ kind: 'guest-logged', policyId: id, source, level: 'info', message, data: '{}' }),
  });
  const came = outcome.kind === 'judged' ? 'answered' : outcome.kind;
  emit({ kind: 'evaluated', policyId: id, operation, outcome: came, waitMs, runMs, ...(instance === undefined ? {} : { instance }) });
  if (outcome.kind !== 'start-failed') return { outcome, waitMs, runMs };
  throw new Fault('POLICY_START_FAILED', `WebAssembly failure: cannot bring up an instance of policy '${id}': Initialization failed: ${outcome.message}`);
}

/** The host's answer, or a refusal where it is larger than the guest may be given. */
function bounded(answer: HostAnswer, maxBytes: number): HostAnswer {
  if (answer.kind === 'refused' || answer.payload.byteLength <= maxBytes) return answer;
  return { kind: 'refused', message: `the answer has ${answer.payload.byteLength} bytes, the limit is ${maxBytes}` };
}
