#!/usr/bin/env node
// `npm start`: serves three fixture policies over HTTPS and says how to talk to them. Ends with Ctrl-C.
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const top = fileURLToPath(new URL('..', import.meta.url));
const folder = 'build/demo';
const module = (name) => `file://${top}build/fixtures/policies/${name}.wasm`;

const policies = {
  'pod-privileged': { module: module('pod-privileged') },
  'add-team-label': { module: module('add-label'), settings: { label: 'team', value: 'platform' }, allowedToMutate: true },
  'pod-privileged-monitor': { module: module('pod-privileged'), policyMode: 'monitor' },
};

mkdirSync(`${top}${folder}`, { recursive: true });
writeFileSync(`${top}${folder}/policies.yml`, JSON.stringify(policies, undefined, 2));

const port = process.env.KUBEWARDEN_PORT ?? '3000';
const server = spawn(
  process.execPath,
  ['--conditions=@wasmwarden/source', 'build/integrations/webhook-server/src/main.js', '--policies', `${folder}/policies.yml`, '--dev-tls', `${folder}/ca.crt`, '--log-level', process.env.KUBEWARDEN_LOG_LEVEL ?? 'debug', '--port', port],
  { cwd: top, stdio: ['ignore', 'pipe', 'inherit'] },
);

const curl = (policy, review) =>
  `  curl -s --cacert ${folder}/ca.crt -H 'content-type: application/json' --data @fixtures/reviews/${review}.json https://localhost:${port}/validate/${policy}`;
const invitation = `
Serving ${Object.keys(policies).length} policies on https://localhost:${port}. In another terminal, from this folder:

  # allowed
${curl('pod-privileged', 'pod-allowed')}
  # denied
${curl('pod-privileged', 'pod-privileged')}
  # mutated: the patch is in base64
${curl('add-team-label', 'pod-allowed')}

Each decision shows up below. Ctrl-C ends it.
`;

let pending = '';
server.stdout.on('data', (chunk) => {
  pending += chunk;
  const lines = pending.split('\n');
  pending = lines.pop() ?? '';
  for (const line of lines) {
    // The runtime's own chatter is for debugging it; a visitor wants the decisions.
    if (/ (worker|policy-loaded|evaluated)/.test(line)) continue;
    console.log(line);
    if (line.includes('policy-server ready')) console.log(invitation);
  }
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => server.kill('SIGTERM'));
server.on('exit', (code, signal) => (process.exitCode = code ?? (signal === null ? 0 : 1)));
