import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { allowAll } from '../../../lib/capabilities/allow-list.js';
import { builtInCapabilities } from '../../../lib/capabilities/built-in.js';
import { cataloguedPaths } from '../../../lib/capabilities/catalogue.js';
import { createDispatcher } from '../../../lib/capabilities/dispatch.js';
import { bytesOf, recordedContext, textOf } from './call-context.js';

const builtIn = suite('capabilities/built-in');

builtIn('are in the catalogue', () => {
  for (const { path } of builtInCapabilities()) assert.ok(cataloguedPaths.includes(path), path);
});

builtIn('ask the world they are given', async () => {
  const { dispatch } = createDispatcher({ builtIn: builtInCapabilities({ resolve: (host) => Promise.resolve([`address of ${host}`]) }) });
  const call = { binding: 'kubewarden', namespace: 'net', operation: 'v1/dns_lookup_host', payload: bytesOf('"x"') };
  const answer = await dispatch(call, allowAll, recordedContext());
  assert.is(answer.kind === 'answered' && textOf(answer.payload), '{"ips":["address of x"]}');
});

builtIn('ask the system when they are given nothing', async () => {
  const { dispatch } = createDispatcher({ builtIn: builtInCapabilities() });
  const call = { binding: 'kubewarden', namespace: 'net', operation: 'v1/dns_lookup_host', payload: bytesOf('"127.0.0.1"') };
  const answer = await dispatch(call, allowAll, recordedContext());
  assert.is(answer.kind === 'answered' && textOf(answer.payload), '{"ips":["127.0.0.1"]}');
});

builtIn.run();
