import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { leaseAddress, leaseClaimOf } from '../../../lib/kubernetes/lease.js';
import { type ElectionEnd, type ElectionEvent, type ElectionOptions, runElected } from '../../../lib/kubernetes/leader.js';
import { settle, SteadyTestClock } from '../../support/steady-test-clock.js';
import { SimulatedLease } from './simulated-lease.js';

const leaders = suite('kubernetes/leader');

interface Running {
  readonly events: ElectionEvent[];
  readonly stop: AbortController;
  readonly end: Promise<ElectionEnd>;
  readonly leads: () => boolean;
}

/** A candidate whose work is to lead until it has to stop. */
function start(lease: SimulatedLease, clock: SteadyTestClock, identity: string, options: Partial<ElectionOptions> & { readonly winding?: () => Promise<void> } = {}): Running {
  const events: ElectionEvent[] = [];
  const stop = new AbortController();
  let leading = false;
  const lead = async (signal: AbortSignal): Promise<void> => {
    leading = true;
    if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    await options.winding?.();
    leading = false;
  };
  const end = runElected({ client: lease.client(), namespace: 'n', name: 'l', identity, clock, onEvent: (event) => events.push(event), ...options }, lead, stop.signal);
  return { events, stop, end, leads: () => leading };
}

const kinds = (events: readonly ElectionEvent[]): string[] => events.map(({ kind }) => kind);

leaders('the first candidate makes the Lease and leads; the second waits, and leads when the first steps down', async () => {
  const clock = new SteadyTestClock();
  const lease = new SimulatedLease(clock);
  const first = start(lease, clock, 'first');
  await settle();
  const second = start(lease, clock, 'second');
  await clock.advance(60_000);
  assert.equal([first.leads(), second.leads()], [true, false]);
  first.stop.abort();
  await settle();
  assert.is(await first.end, 'finished');
  assert.is(lease.holders.at(-1), '');
  await clock.advance(3000);
  assert.is(second.leads(), true);
  assert.equal(kinds(first.events), ['elected', 'released']);
  assert.equal(second.events, [{ kind: 'leader-seen', holder: 'first' }, { kind: 'leader-seen', holder: '' }, { kind: 'elected' }]);
  assert.is(lease.stored === undefined ? undefined : leaseClaimOf(lease.stored).transitions, 1);
  second.stop.abort();
  await clock.advance(0);
  assert.is(await second.end, 'finished');
});

leaders('a leader that is cut off stops before its term is over, and another one leads only afterwards', async () => {
  const clock = new SteadyTestClock();
  const lease = new SimulatedLease(clock);
  let cutOff = false;
  const first = start(lease, clock, 'first', { client: lease.client(() => cutOff) });
  await clock.advance(20_000);
  const second = start(lease, clock, 'second');
  await clock.advance(20_000);
  cutOff = true;
  let stoppedMs: number | undefined;
  let electedMs: number | undefined;
  const cutMs = clock.steadyMs();
  while (electedMs === undefined) {
    await clock.advance(100);
    if (!first.leads()) stoppedMs ??= clock.steadyMs() - cutMs;
    if (second.leads()) electedMs = clock.steadyMs() - cutMs;
  }
  assert.ok((stoppedMs ?? Infinity) <= 10_100, String(stoppedMs));
  assert.ok(electedMs >= 13_000 && electedMs <= 20_000, String(electedMs));
  assert.is(await first.end, 'lost');
  assert.is(kinds(first.events).at(-1), 'lost');
  second.stop.abort();
  await clock.advance(0);
  await second.end;
});

leaders('clocks that differ by hours, and are set while it leads, change nothing', async () => {
  for (const skewMs of [-7_200_000, 7_200_000]) {
    const clock = new SteadyTestClock();
    const lease = new SimulatedLease(clock);
    const first = start(lease, clock, 'first');
    await settle();
    // The same time passes for both, and the second's wall clock is elsewhere.
    const second = start(lease, clock, 'second', { clock: { nowMs: () => clock.nowMs() + skewMs, steadyMs: clock.steadyMs, sleep: clock.sleep, random: clock.random } });
    await clock.advance(30_000);
    clock.skewMs -= 3_600_000;
    await clock.advance(30_000);
    assert.equal([first.leads(), second.leads()], [true, false]);
    second.stop.abort();
    await second.end;
    first.stop.abort();
    await clock.advance(0);
    await first.end;
  }
});

leaders('a Lease that somebody edits is kept, and its other fields stay', async () => {
  const clock = new SteadyTestClock();
  const lease = new SimulatedLease(clock);
  const first = start(lease, clock, 'first');
  await clock.advance(5000);
  lease.touch();
  await clock.advance(60_000);
  assert.is(first.leads(), true);
  assert.ok(lease.stored?.metadata.labels?.['touched']);
  first.stop.abort();
  await settle();
  assert.is(await first.end, 'finished');
});

leaders('a Lease that another one has taken is lost at once', async () => {
  const clock = new SteadyTestClock();
  const lease = new SimulatedLease(clock);
  const first = start(lease, clock, 'first');
  await settle();
  const thief = lease.client();
  const stored = await thief.get(leaseAddress('n', 'l'));
  await thief.replace(leaseAddress('n', 'l'), { ...stored, spec: { holderIdentity: 'thief', leaseDurationSeconds: 15 } });
  await clock.advance(2500);
  assert.is(await first.end, 'lost');
});

leaders('the Lease is kept until the work has stopped', async () => {
  const clock = new SteadyTestClock();
  const lease = new SimulatedLease(clock);
  let wound: () => void = () => undefined;
  const first = start(lease, clock, 'first', { winding: () => new Promise((resolve) => (wound = resolve)) });
  await settle();
  const second = start(lease, clock, 'second');
  first.stop.abort();
  await clock.advance(120_000);
  assert.equal([first.leads(), second.leads()], [true, false]);
  wound();
  await settle();
  assert.is(await first.end, 'finished');
  await clock.advance(3000);
  assert.is(second.leads(), true);
  second.stop.abort();
  await settle();
  await second.end;
});

leaders('work that ends by itself, or fails, releases the Lease', async () => {
  const clock = new SteadyTestClock();
  const lease = new SimulatedLease(clock);
  const options = { client: lease.client(), namespace: 'n', name: 'l', identity: 'first', clock };
  assert.is(await runElected(options, () => Promise.resolve(), new AbortController().signal), 'finished');
  assert.equal(lease.holders, ['first', '']);
  const failure = await runElected(options, () => Promise.reject(new Error('bug')), new AbortController().signal).catch((error: unknown) => error);
  assert.is((failure as Error).message, 'bug');
  assert.equal(lease.holders, ['first', '', 'first', '']);
});

leaders('a candidate that is stopped while it waits never leads', async () => {
  const clock = new SteadyTestClock();
  const lease = new SimulatedLease(clock);
  const first = start(lease, clock, 'first');
  await settle();
  const second = start(lease, clock, 'second');
  await clock.advance(5000);
  second.stop.abort();
  assert.is(await second.end, 'finished');
  assert.equal(kinds(second.events), ['leader-seen']);
  first.stop.abort();
  await settle();
  await first.end;
  assert.is(clock.sleeping, 0);
});

leaders('requests that fail are reported and made again', async () => {
  const clock = new SteadyTestClock();
  const lease = new SimulatedLease(clock);
  let cutOff = true;
  const first = start(lease, clock, 'first', { client: lease.client(() => cutOff) });
  await clock.advance(5000);
  assert.equal(new Set(kinds(first.events)), new Set(['failed']));
  cutOff = false;
  await clock.advance(3000);
  assert.is(first.leads(), true);
  first.stop.abort();
  await settle();
  await first.end;
});

leaders('times that cannot be safe are refused', async () => {
  const clock = new SteadyTestClock();
  const lease = new SimulatedLease(clock);
  for (const times of [{ renewDeadlineMs: 15_000 }, { retryPeriodMs: 10_000 }, { retryPeriodMs: 0 }]) {
    const failure = await start(lease, clock, 'first', times).end.catch((error: unknown) => error);
    assert.instance(failure, RangeError);
  }
});

/** Three places for candidates of one Lease, and everything that may befall them. */
class Drama {
  readonly #clock: SteadyTestClock;
  readonly #lease: SimulatedLease;
  readonly #cutOff = new Set<number>();
  readonly #all: Running[] = [];
  readonly #places: Running[];

  constructor(seed: number) {
    this.#clock = new SteadyTestClock({ seed });
    this.#lease = new SimulatedLease(this.#clock);
    this.#lease.troubles = { delayMs: seed % 2 === 0 ? 100 : 3000, lost: 0.1, unanswered: 0.1 };
    this.#places = [0, 1, 2].map((place) => this.#launch(place));
  }

  /** Those that lead, also of the ones that are stepping down. */
  get leading(): number {
    return this.#all.filter(({ leads }) => leads()).length;
  }

  befall(): void {
    const place = Math.floor(this.#clock.random() * 3);
    const chance = this.#clock.random();
    if (chance < 0.25) this.#cutOff.add(place);
    else if (chance < 0.5) this.#cutOff.delete(place);
    else if (chance < 0.6) {
      this.#places[place]?.stop.abort();
      this.#places[place] = this.#launch(place);
    } else if (chance < 0.65) this.#lease.touch();
  }

  async pass(): Promise<void> {
    await this.#clock.advance(this.#clock.random() * 800);
    this.#relaunch();
  }

  async calm(): Promise<void> {
    this.#cutOff.clear();
    this.#lease.troubles = { delayMs: 0, lost: 0, unanswered: 0 };
    for (let minute = 0; minute < 2; minute += 1) {
      await this.#clock.advance(60_000);
      this.#relaunch();
    }
  }

  async end(): Promise<void> {
    for (const { stop } of this.#all) stop.abort();
    await this.#clock.advance(60_000);
    await Promise.all(this.#all.map(({ end }) => end));
  }

  /** What lost is started anew, as a program that has ended is. */
  #relaunch(): void {
    for (const [place, { events }] of this.#places.entries()) if (events.some(({ kind }) => kind === 'lost')) this.#places[place] = this.#launch(place);
  }

  #launch(place: number): Running {
    const running = start(this.#lease, this.#clock, `candidate-${this.#all.length}`, { client: this.#lease.client(() => this.#cutOff.has(place)), retryPeriodMs: 1000 + place * 700 });
    this.#all.push(running);
    return running;
  }
}

leaders('in any sequence of delays, losses, cuts and restarts there is never more than one leader, and in the end there is one', async () => {
  for (let seed = 1; seed <= 30; seed += 1) {
    const drama = new Drama(seed);
    for (let step = 0; step < 480; step += 1) {
      if (step % 8 === 0) drama.befall();
      await drama.pass();
      assert.ok(drama.leading <= 1, `seed ${seed}, step ${step}: ${drama.leading} leaders`);
    }
    await drama.calm();
    assert.is(drama.leading, 1, `seed ${seed}`);
    await drama.end();
  }
});

leaders.run();
