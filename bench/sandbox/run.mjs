#!/usr/bin/env node
// `npm run bench`: what isolation costs for each kind of guest. All contenders take turns in one process and one run, on the calling
// thread: transport and HTTP are bench/server's. The cost of a reset is in it, though a server does it after it has answered.
//
//   npm run bench [-- --rounds 15 --milliseconds 60 --guest Rust]
import { parseArgs } from 'node:util';

import { fresh, hasEpochChecks, ours, unchecked, unsafe } from './contenders/engine.mjs';
import { extism, freshExtism } from './contenders/extism.mjs';
import { stock } from './contenders/stock.mjs';
import { guests } from './guests.mjs';

const { values: options } = parseArgs({ options: { rounds: { type: 'string', default: '15' }, milliseconds: { type: 'string', default: '60' }, guest: { type: 'string' } } });
const rounds = Number(options.rounds);
const sliceMs = Number(options.milliseconds);
if (!(rounds > 0 && sliceMs > 0)) throw new Error('--rounds and --milliseconds are numbers above zero');

const contenders = [
  ['reused, never reset (unsafe)', unsafe],
  ['ours', ours],
  ...(hasEpochChecks ? [['ours without deadline checks', unchecked]] : []),
  ['a new instance each', fresh],
  ['stock @wapc/host (reused, unsafe)', stock],
];

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Microseconds per call over a slice of time. */
async function slice(call) {
  const startMs = performance.now();
  let calls = 0;
  while (performance.now() - startMs < sliceMs || calls < 3) {
    await call();
    calls += 1;
  }
  return ((performance.now() - startMs) * 1000) / calls;
}

/** A contender that refuses a guest says why. */
async function prepared([name, prepare], guest) {
  try {
    const call = await prepare(guest);
    await call();
    return { name, call, times: [] };
  } catch (thrown) {
    return { name, refusal: String(thrown instanceof Error ? thrown.message : thrown).split('\n')[0].slice(0, 90) };
  }
}

async function compare(guest) {
  const extra = guest.title === 'WAT echo' ? [['@extism/extism (reused, unsafe)', extism], ['@extism/extism, a new plugin each', freshExtism]] : [];
  const rivals = [];
  for (const contender of [...contenders, ...extra]) rivals.push(await prepared(contender, guest));
  const running = rivals.filter(({ call }) => call !== undefined);
  for (const { call } of running) for (let warm = 0; warm < 10; warm += 1) await slice(call);
  for (let round = 0; round < rounds; round += 1) for (const { call, times } of running) times.push(await slice(call));
  return rivals;
}

function print(guest, rivals) {
  console.log(`\n${guest.title} (${guest.name}, ${(guest.module.length / 1024).toFixed(0)} KiB, request of ${guest.payload.length} bytes)\n`);
  console.log('| | us, median | ratio to ours |\n|---|---|---|');
  const base = median(rivals.find(({ name }) => name === 'ours').times);
  for (const { name, times, refusal } of rivals) {
    console.log(refusal === undefined ? `| ${name} | ${median(times).toFixed(1)} | ${(median(times) / base).toFixed(2)} |` : `| ${name} | refused: ${refusal} | |`);
  }
}

console.log(`Node ${process.version}, ${rounds} rounds of ${sliceMs} ms, deadline checks ${hasEpochChecks ? 'on' : 'not possible (one memory only)'}`);
for (const guest of guests().filter(({ title }) => options.guest === undefined || title.startsWith(options.guest))) print(guest, await compare(guest));
