// A uvu suite whose tests share one cluster; where none can be had, it says why and skips, or fails where it must run.

import { suite } from 'uvu';
import { type Cluster, type ClusterOptions, startCluster } from './cluster.js';

/** How much of each listing is printed when a test fails, in lines. */
const KEPT_LINES = 40;

/** A suite of cluster tests. `run()` comes last, as with uvu's own. */
export interface ClusterSuite {
  readonly test: (title: string, body: (cluster: Cluster) => Promise<void>) => void;
  /** Puts something away after the last test, before the cluster ends. */
  readonly after: (body: () => Promise<void>) => void;
  readonly run: () => void;
}

/**
 * Makes a suite with a cluster of its own, which ends with the last test.
 *
 * Skips with one line where no cluster can be had, unless CI or WASMWARDEN_REQUIRE_CLUSTER asks for one.
 */
export async function clusterSuite(name: string, options: ClusterOptions = {}): Promise<ClusterSuite> {
  const tests = suite(name);
  const outcome = await startCluster(options);
  if (outcome.kind === 'unavailable') {
    if (isRequired(process.env)) throw new Error(`${name} must run here and cannot: ${outcome.because}`);
    process.stdout.write(`skipped: ${name}: ${outcome.because}\n`);
    return { test: (title) => tests.skip(title), after: () => undefined, run: () => tests.run() };
  }
  const { cluster } = outcome;
  const endings: (() => Promise<void>)[] = [() => cluster.stop()];
  tests.after(async () => {
    for (const ending of endings) await ending();
  });
  return {
    test: (title, body) => tests(title, () => told(cluster, body)),
    after: (body) => void endings.unshift(body),
    run: () => tests.run(),
  };
}

/** Whether a cluster test that cannot run is a failure. */
export function isRequired(environment: NodeJS.ProcessEnv): boolean {
  return [environment['CI'], environment['WASMWARDEN_REQUIRE_CLUSTER']].some((value) => value !== undefined && !['', '0', 'false'].includes(value));
}

/** Runs a test; when it fails, what the cluster looked like is printed before the cluster is gone. */
async function told(cluster: Cluster, body: (cluster: Cluster) => Promise<void>): Promise<void> {
  try {
    await body(cluster);
  } catch (error) {
    for (const words of [['get', 'pods', '-A', '-o', 'wide'], ['get', 'events', '-A', '--sort-by=.lastTimestamp']]) {
      const lines = (await cluster.kubectl(words).catch(String)).split('\n');
      process.stdout.write(`\n$ kubectl ${words.join(' ')}\n${lines.slice(-KEPT_LINES).join('\n')}`);
    }
    throw error;
  }
}
