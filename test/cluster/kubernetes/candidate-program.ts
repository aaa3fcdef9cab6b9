// A Pod that wants to lead, with nothing but its service account. Prints what happens to it, one word a line.
import { ClusterClient } from '../../../lib/kubernetes/client.js';
import { loadConnection } from '../../../lib/kubernetes/config.js';
import { runElected } from '../../../lib/kubernetes/leader.js';

const source = await loadConnection({ kind: 'in-cluster' });
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());

const client = new ClusterClient(source);
const identity = `${process.env['HOSTNAME'] ?? ''}_${process.pid}_${Math.random()}`;
const end = await runElected(
  { client, namespace: source.namespace ?? '', name: 'the-lease', identity, onEvent: (event) => console.log(event.kind === 'failed' ? `failed ${event.fault.message}` : event.kind) },
  (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true })),
  stop.signal,
);
console.log(end);
client.close();
