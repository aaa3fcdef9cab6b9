// What can be seen of a process that does not end: where its threads wait, and what it has open. Linux only.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const read = (path) => {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
};

const target = (path) => {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
};

const entries = (path) => {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
};

/** Address and state of each TCP socket by inode, as the kernel writes them: hexadecimal, 01 is established, 0A listens. */
function tcpSockets(pid) {
  const lines = ['tcp', 'tcp6'].flatMap((table) => read(`/proc/${pid}/net/${table}`).split('\n').slice(1));
  return new Map(lines.map((line) => line.trim().split(/\s+/)).map(([, local, remote, state, , , , , , inode]) => [inode, `${local} to ${remote} state ${state}`]));
}

/** Threads by name with the kernel function they wait in, open files that are no plain files, and child processes; a line each. */
export function describeHungProcess(pid) {
  const sockets = tcpSockets(pid);
  const threads = entries(`/proc/${pid}/task`).map((task) => `thread ${task} ${read(`/proc/${pid}/task/${task}/comm`)}: ${read(`/proc/${pid}/task/${task}/wchan`)}`);
  const open = entries(`/proc/${pid}/fd`).map((fd) => {
    const path = target(`/proc/${pid}/fd/${fd}`);
    const inode = /^socket:\[(\d+)\]$/.exec(path)?.[1];
    return `open ${fd}: ${path} ${sockets.get(inode) ?? ''}`.trimEnd();
  });
  const children = entries(`/proc/${pid}/task`).flatMap((task) => read(`/proc/${pid}/task/${task}/children`).split(' ').filter(Boolean)).map((child) => `child ${child}: ${read(`/proc/${child}/cmdline`).replaceAll('\0', ' ').slice(0, 200)}`);
  return [...threads, ...open, ...children];
}
