// Answers a policy's host calls from a script, and records every one: what a test says the cluster, the registry or the
// resolver would answer.
import { z } from 'zod';

import { defineCapability, refusal, type Capability } from '../capabilities/capability.js';
import { cataloguedPaths } from '../capabilities/catalogue.js';

/** A host call that was made, and what came of it. */
export interface RecordedHostCall {
  /** `{namespace}/{operation}`. */
  readonly capability: string;
  /** The request's JSON as a value. */
  readonly request: unknown;
  /** The answer's JSON as a value, or the text the guest saw as an error. */
  readonly answer: { readonly kind: 'answered'; readonly value: unknown } | { readonly kind: 'failed'; readonly message: string };
}

/** Answers the calls of one capability: a value becomes JSON, what it throws becomes the guest's error text. */
export type HostCallAnswer = (request: unknown) => unknown;

/**
 * What a policy's host calls are answered with.
 *
 * Either answers by capability path, such as `{ 'kubernetes/get_resource': (request) => namespace }`, or recorded calls that
 * are replayed in their order.
 */
export type HostCallScript = Readonly<Record<string, HostCallAnswer>> | readonly RecordedHostCall[];

/** Capabilities that follow a script, and the record of what was called. */
export interface ScriptedHostCalls {
  readonly capabilities: readonly Capability[];
  readonly calls: readonly RecordedHostCall[];
}

/** Makes the capabilities of a script: every catalogued path, and those that only the script names. */
export function scriptedHostCalls(script: HostCallScript): ScriptedHostCalls {
  const calls: RecordedHostCall[] = [];
  const answer = isRecording(script) ? replayed(script) : scripted(script);
  const paths = new Set([...cataloguedPaths, ...(isRecording(script) ? script.map(({ capability }) => capability) : Object.keys(script))]);
  const capabilities = [...paths].map((path) =>
    defineCapability({
      path,
      request: z.unknown(),
      async handle(request) {
        try {
          const value = await answer(path, request);
          calls.push({ capability: path, request, answer: { kind: 'answered', value } });
          return value;
        } catch (thrown) {
          const message = thrown instanceof Error ? thrown.message : String(thrown);
          calls.push({ capability: path, request, answer: { kind: 'failed', message } });
          throw refusal(message);
        }
      },
    }),
  );
  return { capabilities, calls };
}

function isRecording(script: HostCallScript): script is readonly RecordedHostCall[] {
  return Array.isArray(script);
}

function scripted(script: Readonly<Record<string, HostCallAnswer>>): (path: string, request: unknown) => unknown {
  return (path, request) => {
    const answer = Object.hasOwn(script, path) ? script[path] : undefined;
    if (answer === undefined) throw new Error(`the test gives no answer for the host call ${path} with ${JSON.stringify(request)}`);
    return answer(request);
  };
}

function replayed(recording: readonly RecordedHostCall[]): (path: string, request: unknown) => unknown {
  let next = 0;
  return (path, request) => {
    const expected = recording[next];
    if (expected === undefined) throw new Error('the list of recorded responses is empty');
    next += 1;
    if (expected.capability !== path || JSON.stringify(expected.request) !== JSON.stringify(request)) {
      throw new Error(`Replay error: unexpected request. Was expecting ${told(expected.capability, expected.request)}, got ${told(path, request)} instead`);
    }
    if (expected.answer.kind === 'failed') throw new Error(expected.answer.message);
    return expected.answer.value;
  };
}

function told(path: string, request: unknown): string {
  return `${path} ${JSON.stringify(request)}`;
}
