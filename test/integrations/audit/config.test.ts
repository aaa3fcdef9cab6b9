import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { optionReference, parseCommandLine } from '../../../integrations/audit/src/command-line.js';
import { type AuditConfig, parseConfig } from '../../../integrations/audit/src/config.js';
import { createLog } from '../../../integrations/audit/src/log.js';
import { faultOf } from '../../support/fault-of.js';

const config = suite('integrations/audit/config');

const read = async (...words: readonly string[]): Promise<AuditConfig> => parseConfig(await parseCommandLine(words, '0')).config;

config('without a word everything is scanned as the reference does', async () => {
  const { format, ...rest } = await read();
  assert.is(format.name, 'policyreport');
  assert.equal(rest, {
    extent: { kind: 'all' },
    kubewardenNamespace: 'kubewarden',
    ignoredNamespaces: [],
    watch: false,
    policyServerUrl: undefined,
    tls: { insecure: false, authorities: undefined, client: undefined },
    store: true,
    outputScan: false,
    parallel: { namespaces: 1, resources: 100, policies: 5 },
    pageSize: 100,
    naming: 'plural',
    logLevel: 'info',
  });
});

config('short and long flags are read, lists may be repeated, and the last word counts', async () => {
  const one = await read('-n', 'team', '-k', 'kw', '-u', 'https://x/', '-f', 'ca.pem', '--client-cert', 'c', '--client-key', 'k', '-i', 'a,b', '-i', 'c', '--report-kind', 'policyreport', '--report-kind', 'openreports', '-o', '--disable-store', '--kind-in-resource', '-l', 'warn');
  assert.equal([one.extent, one.kubewardenNamespace, one.policyServerUrl, one.tls, one.ignoredNamespaces], [{ kind: 'namespace', name: 'team' }, 'kw', 'https://x', { insecure: false, authorities: 'ca.pem', client: { certificate: 'c', key: 'k' } }, ['a', 'b', 'c']]);
  assert.equal([one.format.name, one.outputScan, one.store, one.naming, one.logLevel], ['openreports', true, false, 'kind', 'warning']);
});

for (const [words, expected] of [
  [['-l=debug'], { loglevel: 'debug' }],
  [['-ldebug'], { loglevel: 'debug' }],
  [['-u=https://a/b=c'], { 'policy-server-url': 'https://a/b=c' }],
  [['-co'], { 'cluster': 'true', 'output-scan': 'true' }],
  [['-on', 'team'], { 'output-scan': 'true', 'namespace': 'team' }],
  [['-onteam'], { 'output-scan': 'true', 'namespace': 'team' }],
  [['-c=false', '-o=T'], { 'cluster': 'false', 'output-scan': 'T' }],
  [['-n', '-c'], { namespace: '-c' }],
  [['--namespace', '-c', '-c'], { namespace: '-c', cluster: 'true' }],
  [['-i', 'a', '-i=b,c', '-id'], { 'ignore-namespaces': 'a,b,c,d' }],
] as const) {
  config(`${words.join(' ')} is read as the reference reads it`, async () => assert.equal(await parseCommandLine(words, '0'), expected));
}

for (const words of [['-x'], ['-cx'], ['--loud']] as const) {
  config(`${words.join(' ')} is refused`, async () => assert.match(await parseCommandLine(words, '0').then(() => 'read', (error: unknown) => String(error)), /unknown option/));
}

for (const [title, words, level] of [
  ['an empty level', ['--loglevel', ''], 'info'],
  ['warning', ['-l', 'warning'], 'warning'],
  ['another case', ['-l', 'DEBUG'], 'debug'],
] as const) {
  config(`${title} is ${level}`, async () => assert.is((await read(...words)).logLevel, level));
}

config('a namespace and the cluster scope at once: the cluster scope, with a word', () => {
  const { config: one, warnings } = parseConfig({ cluster: 'true', namespace: 'team' });
  assert.equal([one.extent, warnings], [{ kind: 'cluster' }, ['Cannot scan cluster wide and only a namespace at the same time']]);
});

for (const [flags, message] of [
  [{ 'report-kind': 'openreport' }, "invalid report-kind 'openreport': supported values are 'openreports' and 'policyreport'"],
  [{ loglevel: 'loud' }, "--loglevel: 'loud' is not debug, info, warning or error"],
  [{ 'client-cert': 'c' }, '--client-cert and --client-key must be given together'],
  [{ 'page-size': '0' }, "--page-size: '0' is not a number from 1 to 999999"],
  [{ 'policy-server-url': 'ftp://x' }, "--policy-server-url: 'ftp://x' is not an http or https URL"],
  [{ 'cluster': 'maybe', 'page-size': 'x' }, "--cluster: 'maybe' is not true or false; --page-size: 'x' is not a number from 1 to 999999"],
] as const) {
  config(`refused: ${message}`, () => assert.is(faultOf(() => parseConfig(flags)).message, message));
}

config('the reference page is what the options say', () => {
  assert.is(readFileSync('docs/audit-options.md', 'utf8'), optionReference(), 'run `npm run docs:audit`');
});

config('the definitions of reports are what their script says', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/write-report-crds.mjs', '--check'], { encoding: 'utf8' });
  assert.equal([status, stderr], [0, '']);
});

config('a log line has the keys and levels of the reference', () => {
  const lines: string[] = [];
  const log = createLog('warning', (line) => lines.push(line));
  log.info('unheard');
  log.warn({ policy: 'p' }, 'heard');
  const { time, ...line } = JSON.parse(lines[0] ?? '{}') as Readonly<Record<string, unknown>>;
  assert.equal([lines.length, typeof time, line], [1, 'string', { level: 'warning', component: 'audit-scanner', policy: 'p', message: 'heard' }]);
});

config.run();
