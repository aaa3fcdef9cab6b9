import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { followContainerfile, type ImageLayout } from './support/containerfile.js';
import { runPlainly } from './support/packages.js';

// Images without an engine: the files that they would hold, and the program that starts in them.
const containerfiles = suite('containerfiles');

const integrations = readdirSync('integrations').filter((name) => existsSync(`integrations/${name}/Containerfile`));
const layouts = new Map<string, ImageLayout>();
const layoutOf = async (integration: string): Promise<ImageLayout> => {
  const layout = layouts.get(integration) ?? (await followContainerfile(integration));
  layouts.set(integration, layout);
  return layout;
};

containerfiles('the controller and the policy-server have one', () => assert.equal(integrations.filter((name) => ['k8s-controller', 'webhook-server'].includes(name)), ['k8s-controller', 'webhook-server']));

for (const integration of integrations) {
  containerfiles(`${integration}: what is copied is there, and the program starts from it and tells its version`, async () => {
    const { root, entrypoint, workingFolder } = await layoutOf(integration);
    const [command = '', ...words] = entrypoint.map((word) => (word.startsWith('/app/') ? join(root, word) : word));
    const { status, stdout, stderr } = runPlainly(command, [...words, '--version'], join(root, workingFolder));
    assert.equal([status, stderr], [0, '']);
    assert.is(stdout.trim(), (JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version);
  });

  containerfiles(`${integration}: every module that it may import later is there too`, async () => {
    const { root } = await layoutOf(integration);
    const program = join(root, 'app/integrations', integration);
    const { dependencies } = JSON.parse(readFileSync(join(program, 'package.json'), 'utf8')) as { dependencies: Readonly<Record<string, string>> };
    // The polyfill has to be there before what asks for it.
    const imports = [...Object.keys(dependencies).sort((a, b) => Number(b === 'reflect-metadata') - Number(a === 'reflect-metadata')), 'wasmwarden', ...(integration === 'k8s-controller' ? ['wasmwarden/kubernetes'] : [])];
    const script = imports.map((name) => `await import('${name}');`).join('');
    const { status, stderr } = runPlainly(process.execPath, ['--no-warnings', '--input-type=module', '-e', script], program);
    assert.equal([status, stderr], [0, '']);
  });

  containerfiles(`${integration}: nothing of the sources, the tests and the tools is in it`, async () => {
    const { root } = await layoutOf(integration);
    assert.equal(['typescript', 'eslint', 'uvu', 'rollup'].filter((name) => existsSync(join(root, 'app/node_modules', name))), []);
    const own = ['app/node_modules/wasmwarden', `app/integrations/${integration}`].flatMap((folder) => (readdirSync(join(root, folder), { recursive: true }) as string[]).filter((name) => /(?<!\.d)\.ts$|\.map$|\.test\./.test(name)));
    assert.equal(own, []);
  });

  containerfiles(`${integration}: it runs as nobody in particular, from a base with long support`, async () => {
    const { user } = await layoutOf(integration);
    assert.is(user, '65533:65533');
    assert.match(readFileSync(`integrations/${integration}/Containerfile`, 'utf8'), /^ARG NODE_VERSION=\d*[02468]$/m);
  });
}

containerfiles('audit: the program is where the charts of the reference start it', async () => {
  const { root } = await layoutOf('audit');
  const { status, stdout } = runPlainly(join(root, 'audit-scanner'), ['--version'], root);
  assert.equal([status, stdout.trim()], [0, (JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version]);
});

containerfiles.run();
