import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { optionReference, parseCommandLine } from '../../../integrations/k8s-controller/src/command-line.js';
import { parseConfig, type ControllerConfig } from '../../../integrations/k8s-controller/src/config.js';
import { controllerOptions } from '../../../integrations/k8s-controller/src/options.js';
import { faultOf } from '../../support/fault-of.js';

const configs = suite('k8s-controller/config');

const read = (flags: Readonly<Record<string, string>> = {}, env: Readonly<Record<string, string>> = {}): ControllerConfig => parseConfig({ flags, env }).config;
const problem = (flags: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}): string => faultOf(() => parseConfig({ flags, env })).message;

configs('the defaults are the contract\'s', () => {
  assert.equal(read(), {
    servers: {
      metricsPort: 8080,
      telemetry: { metrics: false, tracing: false, collector: { kind: 'remote', variables: {}, certificateSecret: undefined, clientCertificateSecret: undefined } },
      alwaysAcceptOwnNamespace: false,
      clientCaConfigMap: undefined,
      imagePullSecrets: [],
      hostNetwork: false,
    },
    namespace: undefined,
    kubeconfig: undefined,
    leaderElect: false,
    webhookPort: 9443,
    webhookService: 'kubewarden-controller-webhook-service',
    healthAddress: { port: 8081 },
    metricsAddress: { port: 8088 },
    defaultPolicyServer: undefined,
    logLevel: 'info',
  });
});

configs('every flag of the contract is known', async () => {
  const contract = [
    'metrics-bind-address', 'health-probe-bind-address', 'webhook-server-port', 'leader-elect', 'enable-metrics', 'enable-tracing', 'enable-otel-sidecar', 'opentelemetry-certificate-secret',
    'opentelemetry-client-certificate-secret', 'deployments-namespace', 'webhook-service-name', 'always-accept-admission-reviews-on-deployments-namespace', 'client-ca-configmap-name',
    'image-pull-secrets', 'host-network', 'kubeconfig', 'zap-log-level', 'zap-encoder', 'zap-devel', 'zap-stacktrace-level', 'zap-time-encoding', 'create-default-policy-server',
  ];
  const known = controllerOptions.map(({ flag }) => flag);
  assert.equal(contract.filter((flag) => !known.includes(flag)), []);
  const flags = await parseCommandLine(controllerOptions.map(({ flag, kind, fallback }) => (kind === 'switch' ? `--${flag}` : `--${flag}=${fallback ?? 'x'}`)), '0');
  assert.equal(Object.keys(flags).sort(), [...known].sort());
});

configs('--help lists every flag, and what it means', () => {
  const { stdout, status } = spawnSync(process.execPath, ['--conditions=@wasmwarden/source', 'build/integrations/k8s-controller/src/main.js', '--help'], { encoding: 'utf8' });
  assert.is(status, 0);
  const text = stdout.replaceAll(/\s+/g, ' ');
  assert.equal(controllerOptions.filter(({ flag, summary }) => !text.includes(` --${flag} `) || !text.includes(summary)).map(({ flag }) => flag), []);
});

configs('the page of the options in docs/ is what the table says', () => {
  assert.is(readFileSync('docs/controller-options.md', 'utf8'), optionReference(), 'run `npm run docs:controller`');
});

configs('switches are read as Go reads them', async () => {
  assert.equal(await parseCommandLine(['--leader-elect', '--host-network=false', '-enable-metrics=true', '-zap-log-level=debug'], '0'), { 'leader-elect': 'true', 'host-network': 'false', 'enable-metrics': 'true', 'zap-log-level': 'debug' });
  assert.equal([read({ 'leader-elect': 'T' }).leaderElect, read({ 'leader-elect': '0' }).leaderElect], [true, false]);
});

for (const [title, flags, env, text] of [
  ['a webhook port of nothing', { 'webhook-server-port': '0' }, {}, "--webhook-server-port: '0' is not a port number from 1 to 65535"],
  ['an address without a port', { 'metrics-bind-address': 'localhost' }, {}, "--metrics-bind-address: 'localhost' is not an address such as :8081 or 127.0.0.1:8081, or 0"],
  ['a switch that is neither', { 'leader-elect': 'maybe' }, {}, "--leader-elect: 'maybe' is not true or false"],
  ['an unknown level', { 'zap-log-level': 'loud' }, {}, "--zap-log-level: 'loud' is not debug, info, warn, error or a number above zero"],
  ['a metrics port that is none', {}, { KUBEWARDEN_POLICY_SERVER_SERVICES_METRICS_PORT: 'x' }, "KUBEWARDEN_POLICY_SERVER_SERVICES_METRICS_PORT: 'x' is not a port number from 1 to 65535"],
  ['the network of the Node together with sidecars', { 'host-network': 'true', 'enable-otel-sidecar': 'true' }, {}, '--host-network cannot be combined with --enable-otel-sidecar'],
] as const) {
  configs(`refuses ${title}`, () => assert.match(problem(flags, env), text));
}

for (const words of [['--webhook-server-port=65536'], ['--host-network', '--enable-otel-sidecar'], ['--unknown'], ['--leader-elect=maybe']]) {
  configs(`the process ends with 1 and says why: ${words.join(' ')}`, () => {
    const { stderr, status } = spawnSync(process.execPath, ['--conditions=@wasmwarden/source', 'build/integrations/k8s-controller/src/main.js', ...words], { encoding: 'utf8' });
    assert.is(status, 1);
    assert.match(stderr, words[0]?.split('=')[0] ?? '');
  });
}

configs('tells everything that is wrong at once', () => {
  assert.is(problem({ 'webhook-server-port': 'x', 'leader-elect': 'x' }).split('\n').length, 3);
});

configs('addresses: off, any, one, and of version 6', () => {
  assert.equal(['0', ':1', '127.0.0.1:2', '[::1]:3'].map((text) => read({ 'metrics-bind-address': text }).metricsAddress), [undefined, { port: 1 }, { host: '127.0.0.1', port: 2 }, { host: '::1', port: 3 }]);
});

configs('pull secrets are a list, blanks ignored', () => assert.equal(read({ 'image-pull-secrets': ' a, ,b,' }).servers.imagePullSecrets, ['a', 'b']));

configs('telemetry variables of the controller are handed on, empty ones are not', () => {
  const { collector } = read({ 'enable-metrics': 'true' }, { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://c', OTEL_EXPORTER_OTLP_HEADERS: '', OTEL_OTHER: 'x' }).servers.telemetry;
  assert.equal(collector.kind === 'remote' && collector.variables, { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://c' });
  assert.equal(read({ 'enable-otel-sidecar': 'true' }).servers.telemetry.collector, { kind: 'sidecar' });
});

configs('zap\'s numbers mean to log more', () => assert.equal(['5', 'error', 'panic'].map((text) => read({ 'zap-log-level': text }).logLevel), ['debug', 'error', 'error']));

configs('the default PolicyServer is created only when asked for', () => {
  assert.equal(read({ 'create-default-policy-server': 'true', 'default-policy-server-image': 'i' }).defaultPolicyServer, { image: 'i', serviceAccountName: 'policy-server' });
});

configs('what has no effect and what is dangerous is said', () => {
  const { warnings } = parseConfig({ flags: { 'zap-encoder': 'console', 'host-network': 'true' }, env: {} });
  assert.is(warnings.length, 2);
  assert.match(warnings.join('\n'), /--zap-encoder has no effect/);
});

configs.run();
