#!/usr/bin/env node
// The process: arguments, environment and streams as data in; exit code out. Nothing else of the command touches it.
import { createRequire } from 'node:module';

import { errorCodeOf, reasonOf } from './files.js';
import { Output } from './output.js';
import { exitCodeOf, runProgram } from './program.js';
import type { Session } from './session.js';

const { version } = createRequire(import.meta.url)('wasmwarden/package.json') as { readonly version: string };
const output = new Output({ stdout: process.stdout, stderr: process.stderr, env: process.env });
const session: Session = { version, output, stdin: process.stdin, stdinIsTerminal: process.stdin.isTTY, environment: process.env, exitCode: 0 };

// Whoever reads the results may stop early (`| head`): that is no failure, and there is nobody left to tell. The exit code
// still counts, and what is not evaluated yet has its part in it.
process.stdout.on('error', (error) => {
  if (errorCodeOf(error) === 'EPIPE') return;
  output.error(`Cannot write the result: ${reasonOf(error)}.`);
  process.exit(1);
});
process.stderr.on('error', () => undefined);
process.on('uncaughtException', (error) => process.exit(exitCodeOf(error, output)));

process.exitCode = await runProgram(process.argv.slice(2), session);
