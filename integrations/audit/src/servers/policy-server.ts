// One policy-server: kept connections that are spread over its replicas and renewed now and then, so that new replicas are
// asked too; questions again when it restarts or has too much to do. What an answer means is the library's to say.
import { setMaxListeners } from 'node:events';

import { isFault, messageOf } from 'wasmwarden';
import { readAnswer, type AuditAnswer } from 'wasmwarden/audit';
import type { SteadyClock } from 'wasmwarden/kubernetes';
import { Pool } from 'undici';

import { Gate } from '../scan/gate.js';
import { afterAnswer, afterRefusal, newFlow } from './flow.js';
import type { ServerTls } from './server-tls.js';

/** How a server is asked. */
export interface ServerOptions {
  /** What new connections are made with. */
  readonly tls: () => ServerTls;
  /** The most questions at once. */
  readonly most: number;
  readonly clock: SteadyClock;
}

/** Connections are opened anew after this, in milliseconds: each goes to one replica, and replicas come and go. */
const connectionLifeMs = 20_000;

/** How long a server may take to accept a connection, in milliseconds. */
const connectTimeoutMs = 5_000;

/** A server that restarts is asked again for this long, in milliseconds. */
const patienceMs = 30_000;

/** A server that takes longer than this for an answer is asked no more at once than before, in milliseconds. */
const promptMs = 250;

const firstPauseMs = 100;
const longestPauseMs = 2_000;

/** An answer larger than this is no AdmissionReview, in bytes. */
const maxAnswerBytes = 16 * 1024 * 1024;

/** What a server with too much to do, or a proxy before one that restarts, answers. */
const transientStatuses: ReadonlySet<number> = new Set([429, 502, 503, 504]);

const tlsFailure = /CERT|ISSUER|SELF_SIGNED|SIGNATURE|ALTNAME|EPROTO|SSL|TLS/;

type Outcome =
  | { readonly kind: 'answered'; readonly answer: AuditAnswer; /** It came too late, if at all. */ readonly late?: boolean }
  /** May be otherwise in a moment. */
  | { readonly kind: 'transient'; readonly overloaded: boolean; readonly message: string };

/** Asks one server. */
export class PolicyServerConnection {
  readonly #newPool: () => Pool;
  #pool: Pool;
  #renewedMs: number;
  /** Pools whose last questions are under way. */
  readonly #retired = new Set<Pool>();
  readonly #gate: Gate;
  readonly #clock: SteadyClock;
  readonly #closing = new AbortController();
  #flow;
  /** It was asked in vain for as long as anybody waits: nobody waits again until it answers. */
  #down = false;

  constructor(origin: string, { tls, most, clock }: ServerOptions) {
    // Every question that waits listens, and Node takes more than ten listeners for a leak.
    setMaxListeners(0, this.#closing.signal);
    this.#flow = newFlow(most);
    this.#gate = new Gate(Math.floor(this.#flow.limit));
    this.#clock = clock;
    this.#newPool = () => new Pool(origin, { connections: most, pipelining: 1, connect: { ...tls(), timeout: connectTimeoutMs }, maxResponseSize: maxAnswerBytes });
    this.#pool = this.#newPool();
    this.#renewedMs = clock.steadyMs();
  }

  /** @param limitMs how long the server may take for one answer */
  async ask(path: string, body: Uint8Array, limitMs: number): Promise<AuditAnswer> {
    const begunMs = this.#clock.steadyMs();
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
      const outcome = await this.#once(path, body, limitMs);
      if (outcome.kind === 'answered') {
        this.#down = false;
        return outcome.answer;
      }
      if (this.#down || this.#closing.signal.aborted || this.#clock.steadyMs() - begunMs >= patienceMs) {
        this.#down = true;
        return { kind: 'errored', message: outcome.message };
      }
      await this.#clock.sleep(pauseMs * (0.5 + this.#clock.random()), this.#closing.signal);
    }
  }

  /** Lets the kept connections go when what is under way on them has been answered. */
  renew(): void {
    const kept = this.#pool;
    this.#pool = this.#newPool();
    this.#renewedMs = this.#clock.steadyMs();
    this.#retired.add(kept);
    void kept.close().catch(() => undefined).finally(() => this.#retired.delete(kept));
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#retired, this.#pool].map((pool) => pool.destroy()));
  }

  async #once(path: string, body: Uint8Array, limitMs: number): Promise<Outcome> {
    await this.#gate.enter();
    if (this.#clock.steadyMs() - this.#renewedMs > connectionLifeMs) this.renew();
    try {
      const sentMs = this.#clock.steadyMs();
      const outcome = await this.#send(path, body, limitMs);
      if (outcome.kind === 'transient' ? outcome.overloaded : outcome.late === true) this.#flow = afterRefusal(this.#flow);
      else if (this.#clock.steadyMs() - sentMs < promptMs) this.#flow = afterAnswer(this.#flow);
      return outcome;
    } finally {
      this.#gate.leave();
      this.#gate.setLimit(Math.floor(this.#flow.limit));
    }
  }

  async #send(path: string, body: Uint8Array, limitMs: number): Promise<Outcome> {
    try {
      const answer = await this.#pool.request({ path, method: 'POST', headers: { 'content-type': 'application/json' }, body, headersTimeout: limitMs, bodyTimeout: limitMs });
      const bytes = await answer.body.bytes();
      const read = readAnswer(answer.statusCode, bytes);
      return transientStatuses.has(answer.statusCode) && read.kind === 'errored' ? { kind: 'transient', overloaded: true, message: read.message } : { kind: 'answered', answer: read };
    } catch (error) {
      return failureOf(error, limitMs);
    }
  }
}

/** What a question came to that got no answer. Certificates do not mend themselves, and a slow policy is slow again. */
function failureOf(error: unknown, limitMs: number): Outcome {
  if (isFault(error)) throw error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') return { kind: 'answered', late: true, answer: { kind: 'errored', message: `the policy-server did not answer within ${limitMs} ms` } };
  const message = `the policy-server cannot be asked: ${code === '' ? messageOf(error) : code}`;
  if (tlsFailure.test(code)) return { kind: 'answered', answer: { kind: 'errored', message } };
  return { kind: 'transient', overloaded: false, message };
}
