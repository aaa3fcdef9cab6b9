// What a cluster could leave on the machine: processes, namespaces, a link, files.

import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Everything of one running cluster that the machine sees. */
export interface ClusterTraces {
  /** Pids of the cluster's processes. */
  readonly processes: readonly string[];
  /** Namespaces that only the cluster uses, such as `net:[4026532321]`. */
  readonly namespaces: readonly string[];
  readonly link: string;
}

const KINDS = ['net', 'mnt', 'pid', 'uts'];

/** Folders in which a cluster, were it careless, would leave something. */
const FOLDERS = ['/run', '/run/netns', '/var/run/secrets', '/usr/libexec/kubernetes', '/config', '/pki', '/app', '/shared'];

/** The traces of a running cluster, from the pid of its sandbox and the address of this machine in its range. */
export async function tracesOf(sandboxPid: number, hostAddress: string): Promise<ClusterTraces> {
  const processes = await descendants(String(sandboxPid));
  const own = new Set(await namespacesOf('self'));
  const namespaces = (await Promise.all(processes.map(namespacesOf))).flat();
  return { processes, namespaces: [...new Set(namespaces)].filter((name) => !own.has(name)), link: `wasmwarden${hostAddress.split('.')[2] ?? ''}` };
}

/** What is still there of a cluster. */
export async function remains(traces: ClusterTraces): Promise<string[]> {
  const pids = await allPids();
  const namespaces = new Set((await Promise.all(pids.map(namespacesOf))).flat());
  const { stdout } = await run('ip', ['-brief', 'link']);
  return [
    ...traces.namespaces.filter((name) => namespaces.has(name)).map((name) => `namespace ${name}`),
    // A pid may belong to another program by now; one in the cluster's namespaces is told above.
    ...(stdout.includes(`${traces.link}@`) ? [`link ${traces.link}`] : []),
  ];
}

/** The names in the folders that a careless cluster would write to. */
export async function filesThere(): Promise<string[]> {
  const names = await Promise.all(FOLDERS.map(async (folder) => (await readdir(folder).catch(() => [])).map((name) => `${folder}/${name}`)));
  return names.flat();
}

async function allPids(): Promise<string[]> {
  return (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
}

async function namespacesOf(pid: string): Promise<string[]> {
  const links = await Promise.all(KINDS.map((kind) => readlink(`/proc/${pid}/ns/${kind}`).catch(() => undefined)));
  return links.filter((link) => link !== undefined);
}

async function descendants(ancestor: string): Promise<string[]> {
  const parents = new Map<string, string>();
  for (const pid of await allPids()) parents.set(pid, await parentOf(pid));
  const found = new Set([ancestor]);
  for (let grown = true; grown; ) {
    const more = [...parents].filter(([pid, parent]) => found.has(parent) && !found.has(pid));
    for (const [pid] of more) found.add(pid);
    grown = more.length > 0;
  }
  return [...found];
}

/** The second field behind the parenthesised name. */
async function parentOf(pid: string): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.replace(/^.*\) /, '').split(' ')[1] ?? '';
}
