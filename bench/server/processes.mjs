// Processes under measurement: started on one core, with the processor time of the whole and of each thread.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks per second of the kernel's accounting; 100 on every Linux that matters here. */
const ticksPerSecond = 100;

/** Starts a Node program on a core and resolves when it prints `port=N`. */
export function startServer(core, args, options = {}) {
  const child = spawn('taskset', ['-c', String(core), process.execPath, '--conditions=@wasmwarden/source', ...args], { stdio: ['ignore', 'pipe', 'inherit'], ...options });
  let output = '';
  const started = new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      output += chunk;
      const port = /(?:ready|listening)\b.*?\bport=(\d+)/.exec(output)?.[1];
      if (port !== undefined) resolve({ pid: child.pid, port: Number(port), child });
    });
    child.on('exit', (code) => reject(new Error(`${args.join(' ')} ended with ${code}:\n${output}`)));
  });
  return started;
}

/** Ends a process and waits for it. */
export async function stop({ child }) {
  const gone = new Promise((resolve) => child.on('exit', resolve));
  child.kill('SIGINT');
  await gone;
}

/** Processor time in microseconds: of the process, and of each of its threads. */
export function cpuOf(pid) {
  const threads = new Map(readdirSync(`/proc/${pid}/task`).map((thread) => [thread, ticks(`/proc/${pid}/task/${thread}/stat`)]));
  return { total: ticks(`/proc/${pid}/stat`), threads };
}

function ticks(path) {
  const fields = readFileSync(path, 'utf8').replace(/^.*\) /, '').split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1e6) / ticksPerSecond;
}

/** Resident memory in MiB. */
export function residentOf(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}
