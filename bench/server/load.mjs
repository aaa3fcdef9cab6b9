// Load by wrk (HTTP/1.1) and h2load (HTTP/2): bounded, on a core of its own, with the figures of one run.
import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

const connections = 8;
const streams = 8;

/** Sends for so many seconds; gives requests, failures and latencies in milliseconds. */
export const protocols = {
  'HTTP/1.1': async ({ core, port, path, bodyPath, seconds, folder }) => {
    const script = `${folder}/post.lua`;
    writeFileSync(script, `local f = io.open("${bodyPath}", "rb")\nwrk.body = f:read("*a")\nf:close()\nwrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n`);
    const { stdout } = await run('taskset', ['-c', String(core), 'wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-s', script, `https://127.0.0.1:${port}${path}`]);
    const [, requests] = /(\d+) requests in/.exec(stdout) ?? [];
    const [, bad = '0'] = /Non-2xx or 3xx responses: (\d+)/.exec(stdout) ?? [];
    const latency = (percent) => milliseconds(new RegExp(`${percent}%\\s+([\\d.]+)(us|ms|s)`).exec(stdout));
    return { requests: Number(requests), failed: Number(bad), seconds, p50: latency(50), p99: latency(99) };
  },
  'HTTP/2': async ({ core, port, path, bodyPath, seconds, folder }) => {
    const log = `${folder}/h2load.log`;
    rmSync(log, { force: true });
    const words = ['-c', String(core), 'h2load', '-t1', '-c', '2', '-m', String(streams / 2), '-D', String(seconds), '-d', bodyPath, '-H', 'content-type: application/json', `--log-file=${log}`, `https://127.0.0.1:${port}${path}`];
    await run('taskset', words, { maxBuffer: 64 * 1024 * 1024 });
    // Start in microseconds, status, time taken in microseconds.
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n').map((line) => line.split('\t').map(Number));
    const times = lines.map(([, , taken]) => taken).sort((a, b) => a - b);
    const at = (share) => times[Math.floor(times.length * share)] / 1000;
    return { requests: lines.length, failed: lines.filter(([, status]) => status !== 200).length, seconds, p50: at(0.5), p99: at(0.99) };
  },
};

function milliseconds(match) {
  const [, value, unit] = match ?? [];
  return Number(value) * { us: 1e-3, ms: 1, s: 1000 }[unit];
}
