import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { readSources } from '../../../lib/source/sources-file.js';
import { makeCertificates } from '../../support/certificates.js';
import { rejectionOf } from '../../support/rejection.js';
import { scratchFolder } from '../../support/scratch.js';

const sourcesFile = suite('source/sources-file');

const { ca, folder: certificateFolder } = makeCertificates();
const folder = scratchFolder();
const file = (text: string): string => {
  const path = join(folder, 'sources.yml');
  writeFileSync(path, text);
  return path;
};
const indented = (text: string) => text.trim().split('\n').map((line) => `        ${line}`).join('\n');

sourcesFile('without a file every host is strict and proxies are the environment\'s', async () => {
  const { access, proxies } = await readSources(undefined, { HTTPS_PROXY: 'http://proxy:1' });
  assert.is(access('h').insecure, false);
  assert.is(proxies.https?.href, 'http://proxy:1/');
});

sourcesFile('authorities are read from data and from files, PEM and DER, one or several', async () => {
  const der = join(folder, 'ca.der');
  execFileSync('openssl', ['x509', '-in', join(certificateFolder, 'ca.crt'), '-outform', 'DER', '-out', der]);
  const bundle = join(folder, 'bundle.pem');
  writeFileSync(bundle, `# two of them\n${ca}\n${makeCertificates().ca}`);
  const { access } = await readSources(
    file(`source_authorities:\n  "a:5000":\n    - type: Data\n      data: |\n${indented(ca)}\n    - type: Path\n      path: ${der}\n  b:\n    - {type: Path, path: ${bundle}}\n`),
    {},
  );
  assert.equal(access('a:5000').authorities, [ca, ca]);
  assert.is(access('b').authorities.length, 2);
});

const mistakes: readonly (readonly [string, string, string])[] = [
  ['data that is no certificate', 'source_authorities: {h: [{type: Data, data: hello}]}', 'Invalid certificate: Raw certificate is not in PEM nor in DER encoding'],
  ['a broken certificate', 'source_authorities: {h: [{type: Data, data: "-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----"}]}', 'Invalid certificate: '],
  ['a certificate that is not there', 'source_authorities: {h: [{type: Path, path: /nowhere.pem}]}', 'Cannot read certificate from file: /nowhere.pem: there is no such file or folder (ENOENT)'],
  ['broken YAML', 'insecure_sources: [', 'Flow sequence'],
  ['an alias of nothing', 'insecure_sources: *hosts', 'Unresolved alias'],
  ['a key given twice', 'insecure_sources: []\ninsecure_sources: []', 'keys must be unique'],
  ['another document', '- a', 'expected object'],
];
for (const [title, text, found] of mistakes) {
  sourcesFile(`refused: ${title}`, async () => {
    const path = file(text);
    const fault = await rejectionOf(readSources(path, {}));
    assert.is(fault.code, 'SOURCES_INVALID');
    assert.match(fault.message, `error while loading sources from ${path}: `);
    assert.match(fault.message, found);
  });
}

sourcesFile('what is wrong with the YAML is told without its lines, which may hold a password, and without warnings', async () => {
  const warnings: Error[] = [];
  const listen = (warning: Error): void => void warnings.push(warning);
  process.on('warning', listen);
  const path = file('proxies: {https_proxy: "http://user:hunter2@proxy:3128"\nother: !secret hunter2');
  const { message } = await rejectionOf(readSources(path, {}));
  await readSources(file('other: !secret hunter2'), {});
  await new Promise(setImmediate);
  process.off('warning', listen);
  assert.match(message, /^error while loading sources from \S+: [^\n]+ at line 2, column 1$/);
  assert.not.match(message, 'hunter2');
  assert.equal(warnings, []);
});

sourcesFile('a file that is not there is an error: it was asked for', async () => {
  assert.is((await rejectionOf(readSources('/nowhere.yml', {}))).message, 'error while loading sources from /nowhere.yml: there is no such file or folder (ENOENT)');
});

sourcesFile.run();
