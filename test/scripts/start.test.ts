import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';

import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { haveTools } from '../support/tools.js';

// `npm start` as a visitor meets it: the lines it prints work when they are pasted.
const start = suite('scripts/start');

async function freePort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}

const hasCurl = haveTools(['curl'], 'scripts/start');
const withCurl = (title: string, test: () => Promise<void>): void => (hasCurl ? start(title, test) : start.skip(title, test));

withCurl('the printed curl lines allow, deny and mutate, and each decision shows up', async () => {
  const env = { ...process.env, KUBEWARDEN_PORT: await freePort(), KUBEWARDEN_READINESS_PROBE_PORT: '0' };
  const demo = spawn(process.execPath, ['scripts/start.mjs'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(demo, 'exit');
  let output = '';
  const prints = async (pattern: RegExp): Promise<void> => {
    while (!pattern.test(output)) await once(demo.stdout, 'data');
  };
  demo.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  try {
    await prints(/Ctrl-C ends it/);
    const printed = [...output.matchAll(/^ {2}(curl .+)$/gm)].map(([, command = '']) => command.replace(`:${env.KUBEWARDEN_PORT}/`, ':3000/'));
    assert.equal([...readFileSync('README.md', 'utf8').matchAll(/^curl .+$/gm)].map(([command]) => command), printed, 'the README has the same lines');
    const answers = [...output.matchAll(/^ {2}(curl .+)$/gm)].map(([, command = '']) => {
      const { stdout, stderr } = spawnSync('bash', ['-c', command], { encoding: 'utf8' });
      assert.match(stdout, /^\{/, stderr);
      return (JSON.parse(stdout) as { response: { allowed: boolean; patch?: string } }).response;
    });
    assert.equal(answers.map(({ allowed, patch }) => [allowed, patch !== undefined]), [[true, false], [false, false], [true, true]]);
    await prints(/request denied/);
    demo.kill('SIGINT');
    assert.equal(await exited, [0, null]);
  } finally {
    // It ends the server that it started.
    demo.kill('SIGINT');
  }
});

start.run();
