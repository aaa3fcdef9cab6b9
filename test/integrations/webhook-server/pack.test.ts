import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { installedPackages, plainEnvironment, runPlainly, runWell } from '../../support/packages.js';
import { http1Client, http2Client, jsonOf } from '../../support/policy-server/clients.js';
import { moduleUrl } from '../../support/policy-server/modules.js';
import { pod, review } from '../../support/policy-server/reviews.js';

// The policy-server as its users get it: packed with the library, installed in an empty folder, started there.
const pack = suite('webhook-server/pack');

let folder = '';
pack.before(async () => {
  folder = await installedPackages(['@wasmwarden/webhook-server']);
});

pack('the tarball holds the built program and nothing of its sources', () => {
  const installed = join(folder, 'node_modules/@wasmwarden/webhook-server');
  assert.equal(readdirSync(installed).filter((name) => !['dist', 'package.json', 'README.md', 'LICENSE'].includes(name)), []);
  assert.equal((readdirSync(join(installed, 'dist'), { recursive: true }) as string[]).filter((name) => /\.ts$|\.map$/.test(name)), []);
  assert.ok(existsSync(join(installed, 'dist/main.js')));
});

pack('one library serves both', () => {
  assert.not(existsSync(join(folder, 'node_modules/@wasmwarden/webhook-server/node_modules/wasmwarden')));
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  assert.is(runWell('npx', ['policy-server', '--version'], folder).trim(), manifest.version);
});

pack('the installed command serves a policy over HTTPS', async () => {
  writeFileSync(join(folder, 'policies.yml'), JSON.stringify({ privileged: { module: moduleUrl('pod-privileged') } }));
  const words = ['--addr', '127.0.0.1', '--port', '0', '--readiness-probe-port', '0', '--dev-tls', 'ca.crt'];
  const server = spawn(join(folder, 'node_modules/.bin/policy-server'), words, { cwd: folder, env: plainEnvironment(), stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(server, 'exit');
  try {
    let output = '';
    for await (const chunk of server.stdout) {
      output += String(chunk);
      if (/policy-server ready.*\n/.test(output)) break;
    }
    const target = { port: Number(/ready.*\bport=(\d+)/.exec(output)?.[1]), ca: readFileSync(join(folder, 'ca.crt'), 'utf8') };
    for (const make of [http1Client, http2Client]) {
      using client = make(target);
      const { response } = jsonOf(await client.send({ path: '/validate/privileged', body: review({ object: pod(true) }) })) as { response: { allowed: boolean; status: { message: string } } };
      assert.equal([response.allowed, response.status.message], [false, 'Privileged container is not allowed']);
    }
    server.kill('SIGINT');
    assert.equal(await exited, [0, null]);
  } finally {
    server.kill('SIGKILL');
  }
});

pack('the installed command tells usage errors from others', () => {
  assert.is(runPlainly('npx', ['policy-server', '--nonsense'], folder).status, 2);
  assert.is(runPlainly('npx', ['policy-server', '--policies', 'nowhere.yml'], folder).status, 1);
});

pack.run();
