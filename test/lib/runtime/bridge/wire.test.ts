// Faults across the thread boundary.
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { Fault } from '../../../../lib/fault.js';
import { faultOfRecord, recordOfFault } from '../../../../lib/runtime/bridge/wire.js';

const wire = suite('runtime/bridge/wire');

wire('a fault arrives as it left, through a structured clone', () => {
  const fault = new Fault('MODULE_UNREADABLE', 'Cannot read it.', { retryable: true, context: { path: 'a', problems: [1] } });
  const arrived = faultOfRecord(structuredClone(recordOfFault(fault)));
  assert.instance(arrived, Fault);
  assert.equal([arrived.code, arrived.message, arrived.retryable, arrived.context], [fault.code, fault.message, fault.retryable, fault.context]);
});

wire('anything else arrives as an internal fault with its text', () => {
  for (const [thrown, message] of [[new TypeError('x is undefined'), 'x is undefined'], ['text', 'text'], [undefined, 'undefined']] as const) {
    const arrived = faultOfRecord(structuredClone(recordOfFault(thrown)));
    assert.equal([arrived.code, arrived.message, arrived.retryable], ['INTERNAL', message, false]);
  }
});

wire.run();
