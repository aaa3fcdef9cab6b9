import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { reflect, type ReflectionEvent, type ReflectionState, unseen } from '../../../lib/kubernetes/reflection.js';

const reflections = suite('kubernetes/reflection');

const seen: ReflectionState = { resourceVersion: '5', failures: 3 };

type Expected = readonly [resourceVersion: string | undefined, failures: number, command: string, afterMs: number];

const cases: readonly [title: string, state: ReflectionState, event: ReflectionEvent, expected: Expected][] = [
  ['a reflector begins with a listing', unseen, { kind: 'started' }, [undefined, 0, 'list', 0]],
  ['a listing is followed by a watch from its version', unseen, { kind: 'listed', resourceVersion: '7' }, ['7', 0, 'watch', 0]],
  ['a listing alone forgives no failures', { resourceVersion: undefined, failures: 2 }, { kind: 'listed', resourceVersion: '7' }, ['7', 2, 'watch', 0]],
  ['a failed listing is made again after a wait', unseen, { kind: 'list-failed' }, [undefined, 1, 'list', 400]],
  ['the wait grows', { resourceVersion: undefined, failures: 2 }, { kind: 'list-failed' }, [undefined, 3, 'list', 1600]],
  ['up to half a minute', { resourceVersion: undefined, failures: 99 }, { kind: 'list-failed' }, [undefined, 100, 'list', 15_000]],
  ['the pause that the server asks for is kept', unseen, { kind: 'list-failed', retryAfterMs: 9000 }, [undefined, 1, 'list', 9000]],
  ['a watch that worked goes on from where it ended, at once', seen, { kind: 'watch-ended', resourceVersion: '9', worked: true }, ['9', 0, 'watch', 0]],
  ['a watch that ended without having worked waits', seen, { kind: 'watch-ended', resourceVersion: '5', worked: false }, ['5', 4, 'watch', 3200]],
  ['a watch that broke goes on from what it told last', seen, { kind: 'watch-failed', resourceVersion: '9', worked: true, versionLost: false }, ['9', 1, 'watch', 400]],
  ['a watch that never worked waits longer each time', seen, { kind: 'watch-failed', resourceVersion: '5', worked: false, versionLost: false }, ['5', 4, 'watch', 3200]],
  ['a watch whose version is lost is followed by a listing', seen, { kind: 'watch-failed', resourceVersion: '5', worked: true, versionLost: true }, [undefined, 1, 'list', 400]],
  ['a lost version right after a listing waits longer each time', seen, { kind: 'watch-failed', resourceVersion: '5', worked: false, versionLost: true }, [undefined, 4, 'list', 3200]],
  ['a broken watch keeps the pause that the server asks for', seen, { kind: 'watch-failed', resourceVersion: '5', worked: true, versionLost: false, retryAfterMs: 5000 }, ['5', 1, 'watch', 5000]],
];

for (const [title, state, event, [resourceVersion, failures, kind, afterMs]] of cases) {
  reflections(title, () => {
    const [next, command] = reflect(state, event, 0);
    assert.equal(next, { resourceVersion, failures });
    assert.equal(command, kind === 'list' ? { kind, afterMs } : { kind, resourceVersion, afterMs });
  });
}

const version = fc.nat(99).map(String);
const event: fc.Arbitrary<ReflectionEvent> = fc.oneof(
  fc.record({ kind: fc.constant('listed' as const), resourceVersion: version }),
  fc.record({ kind: fc.constant('list-failed' as const), retryAfterMs: fc.option(fc.nat(60_000), { nil: undefined }) }),
  fc.record({ kind: fc.constant('watch-ended' as const), resourceVersion: version, worked: fc.boolean() }),
  fc.record({ kind: fc.constant('watch-failed' as const), resourceVersion: version, worked: fc.boolean(), versionLost: fc.boolean() }),
);

reflections('whatever happens, a watch begins where the state ends, and nothing that failed is done again at once', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(event, fc.double({ min: 0, max: 0.999, noNaN: true }))), (steps) => {
      let state = unseen;
      for (const [happened, chance] of steps) {
        const [next, command] = reflect(state, happened, chance);
        assert.is(command.kind === 'watch' ? command.resourceVersion : undefined, next.resourceVersion);
        const failed = happened.kind === 'list-failed' || happened.kind === 'watch-failed' || (happened.kind === 'watch-ended' && !happened.worked);
        assert.is(command.afterMs > 0, failed);
        state = next;
      }
    }),
    { seed: 7, numRuns: 500 },
  );
});

reflections.run();
