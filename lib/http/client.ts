// One request to its final answer: the allowed ways of reaching each host in turn, redirects followed, credentials kept
// where they belong. Retries are in retry.ts, what an answer means is the caller's business.
import { Fault, isFault } from '../fault.js';
import { type AccessTable, mayCarryCredentials, shownUrl, type Trust, trustsFor } from './access.js';
import type { HttpFaultCode } from './http-fault.js';
import type { NetworkEventSink } from './network-event.js';
import { type Hop, nextHop } from './redirects.js';
import type { Transport, TransportAnswer, TransportRequest } from './transport.js';

export interface HttpCall extends Omit<TransportRequest, 'trust' | 'headers'> {
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface HttpAnswer extends TransportAnswer {
  /** Where the answer came from, after redirects. */
  readonly url: URL;
}

export interface HttpClient {
  /**
   * Sends a request. Redirects of GET and HEAD are followed; other methods get the redirect as their answer.
   *
   * @throws {Fault} any `HttpFaultCode`
   */
  readonly send: (call: HttpCall) => Promise<HttpAnswer>;
  readonly access: AccessTable;
}

export interface HttpClientOptions {
  readonly transport: Transport;
  readonly access: AccessTable;
  readonly onEvent: NetworkEventSink;
}

/** More than any registry or mirror needs. */
const maxRedirects = 8;

const userAgent = 'wasmwarden';

/** Makes a client. */
export function createHttpClient({ transport, access, onEvent }: HttpClientOptions): HttpClient {
  const reach = async (call: HttpCall, hop: Hop): Promise<TransportAnswer> => {
    const { url, headers } = hop;
    const said = access(url.host);
    const trusts = trustsFor(url, said);
    if (trusts.length === 0) throw plainRefused(url);
    if ('authorization' in headers && !mayCarryCredentials(url, said)) throw credentialsRefused(url);
    return sendTrying(trusts, (trust) => transport.send({ ...call, url, headers, trust }), (how) => onEvent({ kind: 'insecure-connection-used', host: url.host, how }));
  };
  return {
    access,
    async send(call) {
      let hop: Hop = { url: call.url, headers: { 'user-agent': userAgent, ...call.headers } };
      for (let followed = 0; ; followed += 1) {
        const answer = await reach(call, hop);
        const next = call.method === 'GET' || call.method === 'HEAD' ? nextHop(hop, { status: answer.status, location: answer.headers['location'] }, (host) => access(host).insecure) : { kind: 'arrived' as const };
        if (next.kind === 'arrived') return { ...answer, url: hop.url };
        await answer.discard();
        if (next.kind === 'refused') throw redirectRefused(hop.url, next.because);
        if (followed === maxRedirects) throw redirectRefused(hop.url, `${maxRedirects} redirects were followed already`);
        hop = next.hop;
      }
    },
  };
}

/** Sends by the first way that reaches the server; any answer ends the search. */
async function sendTrying(trusts: readonly Trust[], send: (trust: Trust) => Promise<TransportAnswer>, onInsecure: (how: 'unverified-tls' | 'plain-http') => void): Promise<TransportAnswer> {
  let failure: unknown;
  for (const trust of trusts) {
    try {
      const answer = await send(trust);
      if (trust.kind !== 'verified') onInsecure(trust.kind === 'plain' ? 'plain-http' : 'unverified-tls');
      return answer;
    } catch (error) {
      failure = error;
      if (!isConnectionFault(error)) break;
    }
  }
  throw failure;
}

/** Tells whether the server was not reached, so that another way of reaching it may do better. */
export function isConnectionFault(error: unknown): boolean {
  return isFault<HttpFaultCode>(error, 'HTTP_UNREACHABLE', 'HTTP_UNTRUSTED', 'HTTP_INTERRUPTED', 'HTTP_PLAIN_REFUSED');
}

function plainRefused(url: URL): Fault<HttpFaultCode> {
  return new Fault('HTTP_PLAIN_REFUSED', `plain HTTP is not allowed for ${url.host}; list it in insecure_sources to allow it`, { context: { host: url.host } });
}

function credentialsRefused(url: URL): Fault<HttpFaultCode> {
  return new Fault('HTTP_CREDENTIALS_REFUSED', `credentials are not sent over plain HTTP to ${url.host}; list it in plain_http_credentials, beside insecure_sources, to allow it`, {
    context: { host: url.host },
  });
}

function redirectRefused(url: URL, because: string): Fault<HttpFaultCode> {
  return new Fault('HTTP_REDIRECT_REFUSED', `a redirect from ${shownUrl(url)} is not followed: ${because}`);
}
