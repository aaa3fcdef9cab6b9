// Requests to one repository of one registry: which scheme reaches it, who we are there. One session serves one pull or
// push: what it learned is dropped with it, so that a registry that has mended its TLS is never spoken to in plain again.
import { readBody } from '../http/body.js';
import { type HttpAnswer, type HttpCall, type HttpClient, isConnectionFault } from '../http/client.js';
import { withoutSecrets } from '../http/redirects.js';
import { parseChallenges } from './challenge.js';
import { basicAuthorization, type CredentialLookup } from './credentials.js';
import { answerFault, ociFault } from './oci-fault.js';
import { apiHost, type Reference } from './reference.js';
import { fetchToken } from './token-service.js';

/** What a session may do with its repository. */
export type Right = 'pull' | 'push';

export interface SessionOptions {
  readonly http: HttpClient;
  readonly credentials: CredentialLookup;
  readonly nowMs: () => number;
  readonly reference: Reference;
  readonly right: Right;
}

/** A request; `target` is a path below `/v2/{repository}/`, or a URL that the registry named. */
export interface SessionCall extends Omit<HttpCall, 'url'> {
  readonly target: string | URL;
}

/** The registry's error document is read no further than this. */
const maxErrorBytes = 64 * 1024;

export class RegistrySession {
  readonly #options: SessionOptions;
  /** `https://host` or, where allowed and needed, `http://host`; unknown until the first answer. */
  #origin: string | undefined;
  #authorization: string | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /**
   * Sends a request, signing in when the registry asks for it, once: the answer may be 401 again.
   *
   * @throws {Fault} `REGISTRY_DENIED` when there is no way to sign in; any `HttpFaultCode`
   */
  async send(call: SessionCall): Promise<HttpAnswer> {
    const first = await this.#reach(call);
    if (first.status !== 401) return first;
    await first.discard();
    // A challenge from where a redirect led is none of the registry's: nothing is sent there.
    if (first.url.origin !== this.#origin) throw ociFault('REGISTRY_DENIED', `${first.url.host}, where the registry redirects to, answered 401`);
    this.#authorization = await this.#signIn(first.headers['www-authenticate'] ?? '', call.signal);
    return this.#reach(call);
  }

  /** The fault for an answer that is no success; reads the registry's error codes, never its words. */
  async refused(answer: HttpAnswer): Promise<Error> {
    const errorCodes = await readErrorCodes(answer);
    return answerFault({ status: answer.status, retryAfter: answer.headers['retry-after'], errorCodes }, this.#options.nowMs());
  }

  /** Sends to the origin that works; the first request finds out which one that is. */
  async #reach(call: SessionCall): Promise<HttpAnswer> {
    if (this.#origin !== undefined) return this.#sendTo(this.#origin, call);
    const host = apiHost(this.#options.reference.registry);
    const secure = `https://${host}`;
    try {
      const answer = await this.#sendTo(secure, call);
      this.#origin = secure;
      return answer;
    } catch (error) {
      if (!isConnectionFault(error) || !this.#options.http.access(host).insecure) throw error;
    }
    const plain = `http://${host}`;
    const answer = await this.#sendTo(plain, call);
    this.#origin = plain;
    return answer;
  }

  async #sendTo(origin: string, { target, headers = {}, ...call }: SessionCall): Promise<HttpAnswer> {
    const { http, reference } = this.#options;
    const url = typeof target === 'string' ? new URL(`/v2/${reference.repository}/${target}`, origin) : target;
    const signed = this.#authorization === undefined ? headers : { ...headers, authorization: this.#authorization };
    return http.send({ ...call, url, headers: url.origin === new URL(origin).origin ? signed : withoutSecrets(headers) });
  }

  async #signIn(header: string, signal: AbortSignal): Promise<string> {
    const { http, credentials, nowMs, reference, right } = this.#options;
    const challenges = parseChallenges(header);
    const bearer = challenges.find((challenge) => challenge.kind === 'bearer');
    if (bearer === undefined && challenges.length === 0) throw ociFault('REGISTRY_DENIED', 'the registry answered 401 and asks for a way of signing in that is not supported');
    const known = await credentials(reference.registry, signal);
    if (bearer !== undefined) {
      const scope = `repository:${reference.repository}:${right === 'push' ? 'pull,push' : 'pull'}`;
      return `Bearer ${await fetchToken(http, { challenge: bearer, scope, credentials: known, signal }, nowMs())}`;
    }
    if (known.kind === 'anonymous') throw ociFault('REGISTRY_DENIED', 'the registry answered 401: it wants credentials, and there are none for it');
    return basicAuthorization(known.username, known.password);
  }
}

/** Codes such as `MANIFEST_UNKNOWN` from `{"errors":[{"code":...}]}`; none where the body is anything else. */
async function readErrorCodes(answer: HttpAnswer): Promise<readonly string[]> {
  try {
    const document: unknown = JSON.parse(new TextDecoder().decode(await readBody(answer, maxErrorBytes)));
    const errors: unknown = typeof document === 'object' && document !== null && 'errors' in document ? document.errors : [];
    if (!Array.isArray(errors)) return [];
    const codes = errors.slice(0, 3).map((error: unknown) => (typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined));
    return codes.filter((code): code is string => typeof code === 'string' && /^[A-Z][A-Z_]{0,40}$/.test(code));
  } catch {
    return [];
  }
}
