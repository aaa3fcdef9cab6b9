// Tokens for bearer challenges (https://distribution.github.io/distribution/spec/auth/token/). That credentials reach a
// token service over verified TLS alone, the HTTP client sees to.
import { z } from 'zod';

import { readBody } from '../http/body.js';
import type { HttpClient } from '../http/client.js';
import { basicAuthorization, type Credentials } from './credentials.js';
import { answerFault, ociFault } from './oci-fault.js';

/** Far more than any token. */
const maxTokenAnswerBytes = 256 * 1024;

const answerSchema = z.looseObject({ token: z.string().min(1).optional(), access_token: z.string().min(1).optional() });

export interface TokenRequest {
  readonly challenge: { readonly realm: string; readonly service?: string };
  /** `repository:{name}:pull` or `repository:{name}:pull,push`. */
  readonly scope: string;
  readonly credentials: Credentials;
  readonly signal: AbortSignal;
}

/**
 * Fetches a token.
 *
 * @throws {Fault} `REGISTRY_DENIED`, `REGISTRY_ANSWER_INVALID`, `REGISTRY_OVERLOADED`, any `HttpFaultCode`
 */
export async function fetchToken(http: HttpClient, { challenge, scope, credentials, signal }: TokenRequest, nowMs: number): Promise<string> {
  const url = realmUrl(challenge.realm);
  if (challenge.service !== undefined) url.searchParams.set('service', challenge.service);
  url.searchParams.append('scope', scope);
  const headers = credentials.kind === 'basic' ? { authorization: basicAuthorization(credentials.username, credentials.password) } : {};
  const answer = await http.send({ method: 'GET', url, headers, signal });
  if (answer.status === 200) return tokenOf(await readBody(answer, maxTokenAnswerBytes), url);
  await answer.discard();
  if (answer.status === 401 || answer.status === 403) throw ociFault('REGISTRY_DENIED', `the token service at ${url.host} answered ${answer.status}: ${refusedWhom(credentials)}`);
  if (answer.status < 429) throw ociFault('REGISTRY_ANSWER_INVALID', `the token service at ${url.host} answered ${answer.status}`);
  throw answerFault({ status: answer.status, retryAfter: answer.headers['retry-after'], errorCodes: [] }, nowMs);
}

function refusedWhom(credentials: Credentials): string {
  return credentials.kind === 'basic' ? 'the credentials were not accepted' : 'it wants credentials, and there are none for this registry';
}

function realmUrl(realm: string): URL {
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:') || url.username !== '' || url.password !== '') {
    throw ociFault('REGISTRY_ANSWER_INVALID', 'the registry names a token service that is no HTTP URL');
  }
  return url;
}

function tokenOf(body: Uint8Array, url: URL): string {
  const answer = answerSchema.safeParse(parseJson(body));
  const token = answer.success ? (answer.data.token ?? answer.data.access_token) : undefined;
  if (token === undefined || !/^[\x21-\x7e]+$/.test(token)) throw ociFault('REGISTRY_ANSWER_INVALID', `the token service at ${url.host} answered no token`);
  return token;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
