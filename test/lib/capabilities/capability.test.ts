import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { z } from 'zod';

import { defineCapability, type ReadRequest, refusal } from '../../../lib/capabilities/capability.js';
import { isFault } from '../../../lib/fault.js';
import { recordedContext } from './call-context.js';

const capability = suite('capabilities/capability');

const greeter = defineCapability({
  path: 'acme/v1/greet',
  request: z.object({ name: z.string(), mood: z.object({ tone: z.string() }).nullish() }),
  answer: z.object({ greeting: z.string() }),
  gate: ({ name }) => (name === 'eve' ? { message: 'not eve', granted: '[everyone else]' } : undefined),
  handle: ({ name }, { policyId }) => ({ greeting: `${policyId} greets ${name}`, secret: 'kept' }),
});

function readable(request: ReadRequest): Extract<ReadRequest, { kind: 'readable' }> {
  if (request.kind !== 'readable') throw new Error(request.message);
  return request;
}

capability('reads a request, gates it and answers it', async () => {
  const request = readable(greeter.read({ name: 'ada' }));
  assert.is(request.denial(recordedContext()), undefined);
  assert.equal(await request.answer(recordedContext()), { greeting: 'p1 greets ada' });
});

capability('lets only the declared fields of an answer out', async () => {
  const answer = await readable(greeter.read({ name: 'ada' })).answer(recordedContext());
  assert.not(JSON.stringify(answer).includes('kept'));
});

capability('asks its gate with the request', () => {
  assert.equal(readable(greeter.read({ name: 'eve' })).denial(recordedContext()), { message: 'not eve', granted: '[everyone else]' });
});

const unreadable: readonly (readonly [string, unknown, string])[] = [
  ['a missing field, in the words of the reference', {}, 'missing field `name`'],
  ['a missing field further in', { name: 'ada', mood: {} }, 'missing field `tone`'],
  ['a field of the wrong type', { name: 7 }, 'name: Invalid input: expected string, received number'],
  ['a null where a string must be', { name: null }, 'name: Invalid input: expected string, received null'],
  ['a document of the wrong type', [], 'Invalid input: expected object, received array'],
];
for (const [title, document, message] of unreadable) {
  capability(`refuses ${title}`, () => assert.equal(greeter.read(document), { kind: 'unreadable', message }));
}

for (const path of ['', 'acme', 'acme/', '/acme', 'acme//greet', 'acme/*', 'acme/v1 /greet', 'acme/v1\n/greet', 'acme/grüßen']) {
  capability(`refuses the path '${path}'`, () => {
    assert.throws(
      () => defineCapability({ path, request: z.string(), handle: () => undefined }),
      (thrown: unknown) => isFault(thrown, 'CAPABILITY_PATH_INVALID') && thrown.message.startsWith(`cannot define the capability '${path}': `),
    );
  });
}

capability('a refusal keeps its cause for the operator', () => {
  const cause = new Error('inner');
  const fault = refusal('no such thing', cause);
  assert.equal([fault.code, fault.message, fault.cause], ['CAPABILITY_REFUSED', 'no such thing', cause]);
});

capability.run();
