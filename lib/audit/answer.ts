// What a policy-server answers about an object, as what it means for the report (contract 7.5).
import { z } from 'zod';

/** What came of asking one policy about one object. */
export type AuditAnswer =
  | { readonly kind: 'passed' | 'failed'; readonly message?: string | undefined }
  /** The policy could not judge. */
  | { readonly kind: 'errored'; readonly message: string };

const review = z.object({
  response: z.object({
    allowed: z.boolean(),
    status: z.object({ message: z.string().nullish(), code: z.number().nullish() }).nullish(),
  }),
});

/** A body longer than this is no explanation, in characters. */
const maxShownLength = 1024;

/** A longer message ends here, in characters: a report that is too large for the API server helps nobody. */
const maxMessageLength = 16 * 1024;

/** The status code of a response whose policy failed. */
const policyFailed = 500;

const decoder = new TextDecoder();

/** Reads the answer to a review. A policy that would change the object passes it. */
export function readAnswer(httpStatus: number, body: Uint8Array): AuditAnswer {
  const text = decoder.decode(body);
  if (httpStatus !== 200) return { kind: 'errored', message: `unexpected status code: ${httpStatus} body: ${text.slice(0, maxShownLength)}` };
  const parsed = review.safeParse(jsonOf(text));
  if (!parsed.success) return { kind: 'errored', message: 'the policy-server answered with something else than an AdmissionReview with a response' };
  const { allowed, status } = parsed.data.response;
  const message = messageIn(status?.message ?? '');
  if (status?.code === policyFailed) return { kind: 'errored', message: message ?? 'the policy failed and did not say why' };
  return { kind: allowed ? 'passed' : 'failed', message };
}

function messageIn(text: string): string | undefined {
  if (text === '') return undefined;
  return text.length > maxMessageLength ? `${text.slice(0, maxMessageLength)}…` : text;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
