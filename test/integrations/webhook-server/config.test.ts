import { isFault } from 'wasmwarden';
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { parseConfig, type RawConfig, type ServerConfig } from '../../../integrations/webhook-server/src/config.js';
import { serverOptions } from '../../../integrations/webhook-server/src/options.js';

const config = suite('webhook-server/config');

const read = (raw: Partial<RawConfig>) => parseConfig({ flags: raw.flags ?? {}, env: raw.env ?? {} });
const problemsOf = (raw: Partial<RawConfig>): readonly string[] => {
  try {
    read(raw);
    return [];
  } catch (thrown) {
    assert.ok(isFault(thrown, 'CONFIG_INVALID'), String(thrown));
    return thrown.context['problems'] as string[];
  }
};

config('has the defaults of the contract', () => {
  const { config: parsed, warnings } = read({});
  assert.equal(parsed, {
    address: '0.0.0.0',
    port: 3000,
    readinessPort: 8081,
    metricsPort: undefined,
    tls: { kind: 'off' },
    policiesPath: 'policies.yml',
    downloadFolder: '.',
    sourcesPath: undefined,
    verificationPath: undefined,
    dockerConfigFolder: undefined,
    workers: undefined,
    queueSize: 1000,
    policyTimeoutMs: 2000,
    alwaysAcceptedNamespace: undefined,
    continueOnErrors: false,
    maxBodyBytes: 8 * 1024 * 1024,
    maxBufferedBytes: 256 * 1024 * 1024,
    log: { level: 'info', format: 'text', colour: true },
  });
  assert.equal(warnings, ['no certificate was given: the API is served over plain HTTP, which Kubernetes does not accept']);
});

config('a flag wins over its variable, and the variable over the default', () => {
  const env = { KUBEWARDEN_PORT: '4000', KUBEWARDEN_BIND_ADDRESS: '::1' };
  assert.is(read({ env }).config.port, 4000);
  assert.is(read({ env }).config.address, '::1');
  const parsed = read({ env, flags: { port: '5000' } });
  assert.is(parsed.config.port, 5000);
  const origin = (flag: string) => parsed.origins.find(({ option }) => option.flag === flag)?.origin;
  assert.equal([origin('port'), origin('addr'), origin('workers')], ['flag', 'environment', 'default']);
});

const fields: readonly (readonly [string, Partial<RawConfig>, Partial<ServerConfig>])[] = [
  ['workers', { env: { KUBEWARDEN_WORKERS: '3' } }, { workers: 3 }],
  ['the policy timeout in seconds', { env: { KUBEWARDEN_POLICY_TIMEOUT: '7' } }, { policyTimeoutMs: 7000 }],
  ['no policy timeout', { env: { KUBEWARDEN_DISABLE_TIMEOUT_PROTECTION: 'true' } }, { policyTimeoutMs: null }],
  ['the accepted namespace', { env: { KUBEWARDEN_ALWAYS_ACCEPT_ADMISSION_REVIEWS_ON_NAMESPACE: 'kubewarden' } }, { alwaysAcceptedNamespace: 'kubewarden' }],
  ['continuing on errors', { env: { KUBEWARDEN_CONTINUE_ON_ERRORS: 'true' } }, { continueOnErrors: true }],
  ['the verification file under its own variable', { env: { KUBEWARDEN_VERIFICATION_CONFIG_PATH: '/v.yml' } }, { verificationPath: '/v.yml' }],
  ['a body size with a unit', { flags: { 'max-body-size': '512KiB' } }, { maxBodyBytes: 512 * 1024 }],
  ['JSON logs', { env: { KUBEWARDEN_LOG_FMT: 'json', KUBEWARDEN_LOG_LEVEL: 'debug' } }, { log: { level: 'debug', format: 'json', colour: true } }],
  ['several client authorities', { flags: { 'cert-file': 'c', 'key-file': 'k', 'client-ca-file': 'a, b' } }, { tls: { kind: 'files', certificatePath: 'c', keyPath: 'k', clientCaPaths: ['a', 'b'] } }],
  ['an IPv6 address as it is', { flags: { addr: '::1' } }, { address: '::1' }],
  ['an IPv6 address in brackets, the only way that the reference takes it', { env: { KUBEWARDEN_BIND_ADDRESS: '[::]' } }, { address: '::' }],
  ['a development certificate, on loopback only', { flags: { 'dev-tls': 'ca.crt' } }, { address: '127.0.0.1', tls: { kind: 'development', authorityPath: 'ca.crt' } }],
];
for (const [title, raw, expected] of fields) {
  config(`reads ${title}`, () => {
    const parsed = read(raw).config;
    for (const [key, value] of Object.entries(expected)) assert.equal(Reflect.get(parsed, key), value, key);
  });
}

for (const value of ['true', 'TRUE', 'yes', 'on', '1']) config(`a switch takes '${value}' as yes`, () => assert.is(read({ env: { KUBEWARDEN_CONTINUE_ON_ERRORS: value } }).config.continueOnErrors, true));
for (const value of ['false', 'no', 'off', '0']) config(`a switch takes '${value}' as no`, () => assert.is(read({ env: { KUBEWARDEN_CONTINUE_ON_ERRORS: value } }).config.continueOnErrors, false));
for (const [value, colour] of [['1', false], ['true', false], ['anything', false], ['', true]] as const) {
  config(`NO_COLOR='${value}' ${colour ? 'keeps' : 'turns off'} the colours and never prevents the start`, () => assert.is(read({ env: { NO_COLOR: value } }).config.log.colour, colour));
}

const refused: readonly (readonly [string, Partial<RawConfig>, string])[] = [
  ['a port that is no number', { flags: { port: 'http' } }, "--port: 'http' is not a port number from 0 to 65535"],
  ['a port beyond the last', { env: { KUBEWARDEN_PORT: '65536' } }, "KUBEWARDEN_PORT: '65536' is not a port number from 0 to 65535"],
  ['an address that is a name', { flags: { addr: 'localhost' } }, "--addr: 'localhost' is not an IP address such as 0.0.0.0 or ::"],
  ['an IPv4 address in brackets', { flags: { addr: '[127.0.0.1]' } }, "--addr: '[127.0.0.1]' is not an IP address such as 0.0.0.0 or ::"],
  ['no workers', { flags: { workers: '0' } }, '--workers must be at least 1'],
  ['a timeout of nothing', { flags: { 'policy-timeout': '0' } }, '--policy-timeout must be at least 1; use --disable-timeout-protection for no limit'],
  ['a switch that is neither', { env: { KUBEWARDEN_CONTINUE_ON_ERRORS: 'perhaps' } }, "KUBEWARDEN_CONTINUE_ON_ERRORS: 'perhaps' is not true or false (also yes/no, on/off, 1/0)"],
  ['an empty switch, which must not lift a protection', { env: { KUBEWARDEN_DISABLE_TIMEOUT_PROTECTION: '' } }, "KUBEWARDEN_DISABLE_TIMEOUT_PROTECTION: '' is not true or false (also yes/no, on/off, 1/0)"],
  ['less room for all bodies than for one', { flags: { 'max-buffered-size': '1MiB' } }, '--max-buffered-size must be at least --max-body-size, or bodies that are allowed could never be held'],
  ['an unknown level', { flags: { 'log-level': 'loud' } }, "--log-level: 'loud' is not one of trace, debug, info, warn, error"],
  ['an unknown format', { flags: { 'log-fmt': 'xml' } }, "--log-fmt: 'xml' is not one of text, json, otlp"],
  ['a size without sense', { flags: { 'max-body-size': 'big' } }, "--max-body-size: 'big' is not a size such as 8MiB, 512KiB or 1048576"],
  ['an empty path', { flags: { policies: '' } }, "--policies: '' is not a value that is not empty"],
  ['no client authority at all', { flags: { 'client-ca-file': ' , ' } }, "--client-ca-file: ' , ' is not one or more paths, separated by commas"],
  ['a certificate without its key', { flags: { 'cert-file': 'c' } }, 'both certificate and key must be provided together'],
  ['a key without its certificate', { flags: { 'key-file': 'k' } }, 'both certificate and key must be provided together'],
  ['client authorities without a certificate', { flags: { 'client-ca-file': 'a' } }, 'client CA certificate requires server certificate and key to be specified'],
  ['a development certificate beside a real one', { flags: { 'dev-tls': 'ca', 'cert-file': 'c', 'key-file': 'k' } }, '--dev-tls cannot be combined with --cert-file and --key-file'],
];
for (const [title, raw, problem] of refused) config(`refuses ${title}`, () => assert.equal(problemsOf(raw), [problem]));

config('reports every problem at once', () => {
  assert.is(problemsOf({ flags: { 'port': 'x', 'addr': 'y', 'log-level': 'z' } }).length, 3);
});

config('what has no effect yet is accepted with a warning each', () => {
  const unbuilt = serverOptions.filter((option) => option.unbuilt);
  assert.ok(unbuilt.length > 0);
  for (const { flag, env, kind } of unbuilt) {
    const { warnings } = read({ env: { [String(env)]: kind === 'switch' ? 'true' : 'value' } });
    assert.ok(warnings.includes(`--${flag} has no effect yet`), flag);
  }
});

config('every variable of the contract is known', () => {
  const variables = serverOptions.map(({ env }) => env);
  const contract = [
    'BIND_ADDRESS', 'PORT', 'READINESS_PROBE_PORT', 'WORKERS', 'CERT_FILE', 'KEY_FILE', 'CLIENT_CA_FILE', 'POLICIES', 'POLICIES_DOWNLOAD_DIR', 'SIGSTORE_CACHE_DIR',
    'SIGSTORE_TRUST_CONFIG_PATH', 'SOURCES_PATH', 'VERIFICATION_CONFIG_PATH', 'DOCKER_CONFIG_JSON_PATH', 'ENABLE_METRICS', 'LOG_LEVEL', 'LOG_FMT',
    'ALWAYS_ACCEPT_ADMISSION_REVIEWS_ON_NAMESPACE', 'DISABLE_TIMEOUT_PROTECTION', 'POLICY_TIMEOUT', 'IGNORE_KUBERNETES_CONNECTION_FAILURE', 'ENABLE_PPROF', 'DAEMON',
    'DAEMON_PID_FILE', 'DAEMON_STDOUT_FILE', 'DAEMON_STDERR_FILE', 'CONTINUE_ON_ERRORS',
  ].map((name) => `KUBEWARDEN_${name}`);
  assert.equal(contract.filter((name) => !variables.includes(name)), []);
  assert.ok(variables.includes('NO_COLOR'));
});

config.run();
