// A cluster leaves nothing behind, however its test ends.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { prepareCluster, startCluster } from '../cluster.js';
import { isRequired } from '../cluster-suite.js';
import { filesThere, remains, tracesOf, type ClusterTraces } from './traces.js';

const CHILD = fileURLToPath(new URL('./child-cluster.js', import.meta.url));

/** The kernel takes namespaces apart in its own time; this is ample. */
const VANISH_MS = 10_000;

/** etcd, API server, controller manager, scheduler, node agent, the first process, and those of the Pod. */
const LEAST_PROCESSES = 7;

const tests = suite('cluster/acceptance/leaves-nothing');
const prepared = await prepareCluster();
const because = prepared.kind === 'missing' ? prepared.because : undefined;

/** What is left of a cluster after a fair while. */
async function remainsInTheEnd(traces: ClusterTraces): Promise<string[]> {
  const deadline = Date.now() + VANISH_MS;
  for (;;) {
    const left = await remains(traces);
    if (left.length === 0 || Date.now() > deadline) return left;
    await delay(100);
  }
}

/** A process with a running cluster and a Pod in it. */
async function childWithCluster(temporary: string): Promise<{ child: ChildProcess; traces: ClusterTraces }> {
  const child = spawn(process.execPath, [CHILD], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, TMPDIR: temporary } });
  assert.instance(child.stdout, Readable);
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const [pid = '', address = ''] = line.split(' ');
  return { child, traces: await tracesOf(Number(pid), address) };
}

const titles = {
  stopped: 'nothing is left of a stopped cluster',
  SIGKILL: 'nothing is left when the test process is killed',
  SIGINT: 'nothing is left when the test process is interrupted',
};

if (because !== undefined && isRequired(process.env)) throw new Error(`these tests must run here and cannot: ${because}`);
if (because === undefined) {
  tests(titles.stopped, async () => {
    const before = await filesThere();
    const outcome = await startCluster();
    if (outcome.kind === 'unavailable') throw new Error(outcome.because);
    const traces = await tracesOf(outcome.cluster.sandboxPid, outcome.cluster.hostAddress);
    assert.ok(traces.namespaces.length >= 3);
    await outcome.cluster.stop();
    assert.equal(await remainsInTheEnd(traces), []);
    assert.equal((await filesThere()).filter((name) => !before.includes(name)), []);
  });

  for (const signal of ['SIGKILL', 'SIGINT'] as const) {
    tests(titles[signal], async () => {
      const temporary = await mkdtemp(join(tmpdir(), 'leaves-nothing-'));
      const before = await filesThere();
      const { child, traces } = await childWithCluster(temporary);
      assert.ok(traces.processes.length >= LEAST_PROCESSES, `only ${traces.processes.length} processes`);
      assert.is.not((await remains(traces)).length, 0);
      child.kill(signal);
      assert.equal(await remainsInTheEnd(traces), []);
      assert.equal((await filesThere()).filter((name) => !before.includes(name)), []);
      assert.equal(await readdir(temporary), []);
      await rmdir(temporary);
    });
  }
} else {
  process.stdout.write(`skipped: cluster/acceptance/leaves-nothing: ${because}\n`);
  for (const title of Object.values(titles)) tests.skip(title);
}

tests.run();
