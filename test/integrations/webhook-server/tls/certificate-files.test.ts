import { rmSync } from 'node:fs';

import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { readCertificateFiles, watchCertificateFiles, type CertificatePaths } from '../../../../integrations/webhook-server/src/tls/certificate-files.js';
import { createAuthority, type Authority } from '../../../support/policy-server/authority.js';
import { CertificateFolder, type FolderFiles } from '../../../support/policy-server/certificate-folder.js';
import { rejectionOf } from '../../../support/rejection.js';

const watching = suite('webhook-server/tls/certificate-files');

let authority: Authority;
watching.before(async () => {
  authority = await createAuthority('root');
});

const newFiles = async (): Promise<FolderFiles & { readonly 'tls.crt': string; readonly 'tls.key': string; readonly 'ca.crt': string }> => {
  const { certificate, key } = await authority.issueServer();
  return { 'tls.crt': certificate, 'tls.key': key, 'ca.crt': authority.pem };
};
const pathsOf = (folder: CertificateFolder): CertificatePaths => ({ certificatePath: folder.file('tls.crt'), keyPath: folder.file('tls.key'), clientCaPaths: [folder.file('ca.crt')] });

/** A watch whose news come one by one, each a fingerprint or a problem. */
async function watched(folder: CertificateFolder): Promise<{ next(): Promise<string>; readonly pending: readonly string[] } & Disposable> {
  const news: string[] = [];
  let wake: () => void = () => undefined;
  const tell = (text: string): void => {
    news.push(text);
    wake();
  };
  const paths = pathsOf(folder);
  // The watch alone does not keep a process alive.
  const alive = setInterval(() => undefined, 60_000);
  const watch = watchCertificateFiles(paths, await readCertificateFiles(paths), { changed: ({ cert }) => tell(cert), refused: ({ message }) => tell(message) });
  return {
    pending: news,
    async next() {
      while (news.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return news.shift() ?? '';
    },
    [Symbol.dispose]() {
      watch.stop();
      clearInterval(alive);
    },
  };
}

for (const [how, change] of [
  ['written where they are', (folder: CertificateFolder, files: FolderFiles) => Object.entries(files).forEach(([name, text]) => folder.write(name, text))],
  ['swapped by a link, as Kubernetes does', (folder: CertificateFolder, files: FolderFiles) => folder.swap(files)],
] as const) {
  watching(`new files that are ${how} are handed over, again and again`, async () => {
    const folder = new CertificateFolder(await newFiles());
    using watch = await watched(folder);
    for (let round = 0; round < 3; round += 1) {
      const files = await newFiles();
      change(folder, files);
      assert.is(await watch.next(), files['tls.crt'].trim());
    }
  });
}

watching('a certificate without its key keeps the old pair and is told once, then the pair is handed over', async () => {
  const folder = new CertificateFolder(await newFiles());
  using watch = await watched(folder);
  const files = await newFiles();
  folder.write('tls.crt', files['tls.crt']);
  assert.match(await watch.next(), 'the private key does not belong to the certificate');
  folder.write('tls.key', files['tls.key'].slice(0, 60));
  assert.match(await watch.next(), 'Cannot use the TLS files');
  folder.write('tls.key', files['tls.key']);
  assert.is(await watch.next(), files['tls.crt'].trim());
  assert.equal(watch.pending, []);
});

watching('client authorities alone can change', async () => {
  const files = await newFiles();
  const folder = new CertificateFolder(files);
  using watch = await watched(folder);
  folder.write('ca.crt', `${authority.pem}\n${(await createAuthority('new')).pem}`);
  assert.is(await watch.next(), files['tls.crt'].trim());
  folder.write('ca.crt', 'nothing');
  assert.match(await watch.next(), 'the client CA file holds no PEM certificate');
});

watching('files that are gone keep the old pair', async () => {
  const folder = new CertificateFolder(await newFiles());
  using watch = await watched(folder);
  rmSync(folder.file('tls.key'));
  assert.match(await watch.next(), 'Cannot read the TLS file');
});

watching('files that cannot be used are named', async () => {
  const folder = new CertificateFolder({ ...(await newFiles()), 'tls.key': '' });
  const { message } = await rejectionOf(readCertificateFiles(pathsOf(folder)));
  assert.is(message, `Cannot use the TLS files '${folder.file('tls.crt')}', '${folder.file('tls.key')}', '${folder.file('ca.crt')}': the key file holds no PEM private key`);
});

watching('a file that cannot be read at the start is a fault that names it', async () => {
  const fault = await rejectionOf(readCertificateFiles({ certificatePath: '/nowhere/tls.crt', keyPath: '/nowhere/tls.key', clientCaPaths: [] }));
  assert.is(fault.code, 'TLS_FILE_UNREADABLE');
  assert.match(fault.message, '/nowhere/tls.');
});

watching.run();
