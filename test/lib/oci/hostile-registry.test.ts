// Registries that do what they should not: each is a small server of the test's own.
import type { IncomingMessage, ServerResponse } from 'node:http';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { digestOf } from '../../../lib/oci/digest.js';
import type { Descriptor } from '../../../lib/oci/manifest.js';
import { parseReference } from '../../../lib/oci/reference.js';
import { makeCertificates } from '../../support/certificates.js';
import { rejectionOf } from '../../support/rejection.js';
import { dockerConfigOf, insecure, openBench, type SourceBench, trusted } from '../../support/source-bench.js';
import { startWebServer, type WebServer } from '../../support/web-server.js';

const hostile = suite('oci/hostile-registry');

const signal = new AbortController().signal;
const certificates = makeCertificates();
const content = new Uint8Array(100_000).fill(7);
const layer: Descriptor = { mediaType: 'x', digest: digestOf(content), size: content.byteLength };
const manifest = JSON.stringify({ schemaVersion: 2, config: layer, layers: [layer] });

type Answer = (response: ServerResponse, request: IncomingMessage, count: number) => void;

interface Stand extends AsyncDisposable {
  readonly server: WebServer;
  readonly bench: SourceBench;
  readonly blob: () => Promise<Uint8Array>;
  readonly manifest: () => Promise<unknown>;
}

/** A registry over TLS that answers every request the same way, and a client that trusts it and has a password for it. */
async function stand(answer: Answer, options: { readonly idleTimeoutMs?: number; readonly transferTimeoutMs?: number } = {}): Promise<Stand> {
  let count = 0;
  const server = await startWebServer((request, response) => answer(response, request, (count += 1)), certificates);
  const bench = openBench({ [server.host]: trusted(certificates.ca) }, { dockerConfig: dockerConfigOf(server.host, 'user', 'hunter2'), ...options });
  const reference = parseReference(`${server.host}/p:v1`);
  return {
    server,
    bench,
    blob: () => bench.registry.fetchBlob(reference, layer, 1_000_000, signal),
    manifest: () => bench.registry.fetchManifest(reference, signal),
    async [Symbol.asyncDispose]() {
      await bench.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

hostile('a reset in the middle of a blob is tried again from its beginning', async () => {
  await using at = await stand((response, request, count) => {
    response.writeHead(200, { 'content-length': String(content.byteLength) });
    if (count < 3) response.write(content.subarray(0, 50_000), () => request.socket.destroy());
    else response.end(content);
  });
  assert.equal(await at.blob(), content);
  assert.is(at.server.seen.length, 3);
  assert.equal(at.bench.waits, [750, 1500]);
});

hostile('a registry that always resets is given up after four attempts', async () => {
  await using at = await stand((response, request) => void response.writeHead(200).write('x', () => request.socket.destroy()));
  const fault = await rejectionOf(at.blob());
  assert.is(fault.code, 'HTTP_INTERRUPTED');
  assert.match(fault.message, `cannot read the content ${layer.digest} of ${at.server.host}/p:v1: ${at.server.host} cannot be used: the connection was closed early`);
  assert.is(at.server.seen.length, 4);
});

const wrongContent: readonly (readonly [string, Answer, string, string])[] = [
  ['other content of the same length', (response) => response.end(content.map((byte) => byte + 1)), 'OCI_DIGEST_MISMATCH', 'the content has the digest'],
  ['another length in the headers', (response) => response.writeHead(200, { 'content-length': '3' }).end('abc'), 'OCI_LENGTH_MISMATCH', 'the registry announces 3 bytes and the manifest 100000'],
  ['less than announced', (response) => response.end(content.subarray(1)), 'OCI_LENGTH_MISMATCH', 'the content has 99999 bytes and not the 100000'],
  ['more than announced', (response) => void response.writeHead(200, { 'transfer-encoding': 'chunked' }).end(Buffer.concat([content, content])), 'OCI_LENGTH_MISMATCH', 'the content has more bytes and not the 100000'],
];
for (const [title, answer, code, found] of wrongContent) {
  hostile(`a blob is refused: ${title}`, async () => {
    await using at = await stand((response, request, count) => answer(title === 'less than announced' ? response.writeHead(200, { 'transfer-encoding': 'chunked' }) : response, request, count));
    const fault = await rejectionOf(at.blob());
    assert.is(fault.code, code);
    assert.match(fault.message, found);
  });
}

hostile('a blob that never ends is read no further than announced', async () => {
  let sent = 0;
  await using at = await stand((response) => {
    const more = (error?: Error | null): void => {
      if (error !== undefined && error !== null) return;
      sent += content.byteLength;
      // With a pause, since the client lives in this process too.
      response.write(content, (failure) => setImmediate(more, failure));
    };
    response.writeHead(200);
    more();
  });
  assert.is((await rejectionOf(at.blob())).code, 'OCI_LENGTH_MISMATCH');
  assert.ok(sent < 1e8);
});

hostile('a manifest that is not what its digest says is refused', async () => {
  await using at = await stand((response) => response.end(manifest));
  const reference = parseReference(`${at.server.host}/p@sha256:${'0'.repeat(64)}`);
  const fault = await rejectionOf(at.bench.registry.fetchManifest(reference, signal));
  assert.is(fault.code, 'OCI_DIGEST_MISMATCH');
});

hostile('a manifest that is not what its headers say is refused', async () => {
  await using at = await stand((response) => response.writeHead(200, { 'docker-content-digest': `sha256:${'0'.repeat(64)}` }).end(manifest));
  assert.is((await rejectionOf(at.manifest())).code, 'OCI_DIGEST_MISMATCH');
});

hostile('a manifest that is larger than allowed is read no further', async () => {
  await using at = await stand((response) => response.end('x'.repeat(4 * 1024 * 1024 + 1)));
  assert.is((await rejectionOf(at.manifest())).code, 'HTTP_ANSWER_TOO_LARGE');
});

hostile('an answer to HEAD with the digest of something else is not believed under a digest', async () => {
  const digest = digestOf(new TextEncoder().encode(manifest));
  await using at = await stand((response) => response.writeHead(200, { 'docker-content-digest': `sha256:${'0'.repeat(64)}` }).end(manifest));
  assert.is(await at.bench.registry.resolveDigest(parseReference(`${at.server.host}/p@${digest}`), signal), digest);
});

hostile('without an answer to HEAD the digest is computed', async () => {
  await using at = await stand((response, request) => (request.method === 'HEAD' ? response.writeHead(405).end() : response.end(manifest)));
  assert.is(await at.bench.registry.resolveDigest(parseReference(`${at.server.host}/p:v1`), signal), digestOf(new TextEncoder().encode(manifest)));
});

hostile('a registry that asks for the password again and again is answered once', async () => {
  await using at = await stand((response) => response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end());
  const fault = await rejectionOf(at.manifest());
  assert.is(fault.code, 'REGISTRY_DENIED');
  assert.equal(at.server.seen.map(({ authorization }) => authorization), [undefined, 'Basic dXNlcjpodW50ZXIy']);
});

hostile('a registry that never likes its own tokens is answered once', async () => {
  await using at = await stand((response, request) => {
    if (request.url?.startsWith('/token') === true) response.end(JSON.stringify({ access_token: 'secret-token' }));
    else response.writeHead(401, { 'www-authenticate': `Bearer realm="https://${request.headers.host ?? ''}/token",service="s"` }).end();
  });
  const fault = await rejectionOf(at.manifest());
  assert.is(fault.code, 'REGISTRY_DENIED');
  assert.equal(at.server.seen.map(({ url, authorization }) => [url.split('?')[0], authorization]), [
    ['/v2/p/manifests/v1', undefined],
    ['/token', 'Basic dXNlcjpodW50ZXIy'],
    ['/v2/p/manifests/v1', 'Bearer secret-token'],
  ]);
  assert.not.match(JSON.stringify([fault, fault.stack, at.bench.events]), /secret-token|hunter2|dXNlcjpodW50ZXIy/);
});

const realms: readonly (readonly [string, string, string])[] = [
  ['a token service over plain HTTP', 'Bearer realm="http://127.0.0.1:1/token"', 'HTTP_PLAIN_REFUSED'],
  ['a token service that is a file', 'Bearer realm="file:///etc/passwd"', 'REGISTRY_ANSWER_INVALID'],
  ['a token service with a password in its URL', 'Bearer realm="https://u:p@127.0.0.1:1/token"', 'REGISTRY_ANSWER_INVALID'],
  ['a way of signing in that nobody knows', 'Negotiate', 'REGISTRY_DENIED'],
];
for (const [title, header, code] of realms) {
  hostile(`refused: ${title}`, async () => {
    await using at = await stand((response) => response.writeHead(401, { 'www-authenticate': header }).end());
    const fault = await rejectionOf(at.manifest());
    assert.is(fault.code, code);
    assert.is(at.server.seen.length, 1);
    assert.not.match(JSON.stringify([fault, fault.stack]), 'hunter2');
  });
}

const tokenAnswers: readonly (readonly [string, string])[] = [
  ['no JSON', '<html>'],
  ['no token', '{}'],
  ['an empty token', '{"token":""}'],
  ['a token that would add a header', '{"token":"x\\r\\nhost: evil"}'],
];
for (const [title, body] of tokenAnswers) {
  hostile(`a token service that answers ${title} is told`, async () => {
    await using at = await stand((response, request) => {
      if (request.url?.startsWith('/token') === true) response.end(body);
      else response.writeHead(401, { 'www-authenticate': `Bearer realm="https://${request.headers.host ?? ''}/token"` }).end();
    });
    const fault = await rejectionOf(at.manifest());
    assert.is(fault.code, 'REGISTRY_ANSWER_INVALID');
    assert.match(fault.message, 'answered no token');
  });
}

hostile('a redirect to another host is followed without the credentials', async () => {
  await using other = await startWebServer((_request, response) => response.end(content), certificates);
  await using at = await stand((response, request) => {
    if (request.headers.authorization === undefined) response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    else response.writeHead(307, { location: `${other.origin}/signed?key=secret` }).end();
  });
  await using bench = openBench({ [at.server.host]: trusted(certificates.ca), [other.host]: trusted(certificates.ca) }, { dockerConfig: dockerConfigOf(at.server.host, 'user', 'hunter2') });
  const reference = parseReference(`${at.server.host}/p:v1`);
  assert.equal(await bench.registry.fetchBlob(reference, layer, 1_000_000, signal), content);
  assert.equal(other.seen, [{ method: 'GET', url: '/signed?key=secret', authorization: undefined }]);
});

hostile('a host where a redirect leads gets no password when it asks for one', async () => {
  await using other = await startWebServer((_request, response) => response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(), certificates);
  await using at = await stand((response) => response.writeHead(307, { location: `${other.origin}/` }).end());
  await using bench = openBench({ [at.server.host]: trusted(certificates.ca), [other.host]: trusted(certificates.ca) }, { dockerConfig: dockerConfigOf(at.server.host, 'user', 'hunter2') });
  const fault = await rejectionOf(bench.registry.fetchBlob(parseReference(`${at.server.host}/p:v1`), layer, 1_000_000, signal));
  assert.is(fault.code, 'REGISTRY_DENIED');
  assert.match(fault.message, `${other.host}, where the registry redirects to, answered 401`);
  assert.equal(other.seen.map(({ authorization }) => authorization), [undefined]);
});

hostile('the wish of an overloaded registry is followed', async () => {
  await using at = await stand((response, _request, count) => (count === 1 ? response.writeHead(429, { 'retry-after': '7' }).end() : response.end(manifest)));
  await at.manifest();
  assert.equal(at.bench.waits, [7000]);
});

hostile('an overloaded registry that asks for an hour is given up at once', async () => {
  await using at = await stand((response) => response.writeHead(429, { 'retry-after': '3600' }).end(JSON.stringify({ errors: [{ code: 'TOOMANYREQUESTS', message: 'secret words' }] })));
  const fault = await rejectionOf(at.manifest());
  assert.is(fault.code, 'REGISTRY_OVERLOADED');
  assert.match(fault.message, 'the registry answered 429 (TOOMANYREQUESTS) and asks for a pause of 3600 s');
  assert.not.match(fault.message, 'secret words');
  assert.is(at.server.seen.length, 1);
});

hostile('a broken registry is tried four times', async () => {
  await using at = await stand((response) => response.writeHead(503).end());
  assert.is((await rejectionOf(at.manifest())).code, 'REGISTRY_OVERLOADED');
  assert.equal(at.bench.waits, [750, 1500, 3000]);
  assert.is(at.bench.events.filter(({ kind }) => kind === 'attempt-failed').length, 3);
});

hostile('a registry that does not answer is given up', async () => {
  await using at = await stand(() => undefined, { idleTimeoutMs: 50 });
  const fault = await rejectionOf(at.manifest());
  assert.is(fault.code, 'HTTP_TIMEOUT');
  assert.match(fault.message, `cannot read the manifest of ${at.server.host}/p:v1: ${at.server.host} cannot be used: the server did not answer in time`);
});

hostile('a registry that trickles is given up in the end', async () => {
  await using at = await stand((response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write('x'), 10);
    response.on('close', () => clearInterval(timer));
  }, { transferTimeoutMs: 200 });
  const reference = parseReference(`${at.server.host}/p:v1`);
  const fault = await rejectionOf(
    at.bench.registry.open(reference, 'pull').streamBlob(layer, { maxBytes: 1_000_000, signal }, async (chunks) => {
      for await (const chunk of chunks) assert.ok(chunk.byteLength > 0);
    }),
  );
  assert.is(fault.code, 'HTTP_TIMEOUT');
  assert.match(fault.message, 'it took longer than allowed');
});

const uploads: readonly (readonly [string, (host: string) => string | undefined, string])[] = [
  ['over plain HTTP', (host) => `http://${host}/v2/p/blobs/uploads/1`, 'REGISTRY_ANSWER_INVALID'],
  ['nowhere', () => undefined, 'REGISTRY_ANSWER_INVALID'],
];
for (const [title, location, code] of uploads) {
  hostile(`an upload is not sent ${title}`, async () => {
    await using at = await stand((response, request) => {
      const target = location(request.headers.host ?? '');
      if (request.method === 'POST') response.writeHead(202, target === undefined ? {} : { location: target }).end();
      else response.writeHead(404).end();
    });
    const fault = await rejectionOf(at.bench.registry.pushModule(parseReference(`${at.server.host}/p:v1`), content, {}, signal));
    assert.is(fault.code, code);
    assert.equal(at.server.seen.map(({ method }) => method), ['HEAD', 'POST']);
  });
}

hostile('an upload to another host goes there without the credentials', async () => {
  await using other = await startWebServer((request, response) => {
    request.resume();
    response.writeHead(201).end();
  }, certificates);
  await using at = await stand((response, request) => {
    if (request.headers.authorization === undefined) response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    else if (request.method === 'POST') response.writeHead(202, { location: `${other.origin}/upload?state=1` }).end();
    else if (request.method === 'PUT') response.writeHead(201).end();
    else response.writeHead(404).end();
  });
  await using bench = openBench({ [at.server.host]: trusted(certificates.ca), [other.host]: trusted(certificates.ca) }, { dockerConfig: dockerConfigOf(at.server.host, 'user', 'hunter2') });
  await bench.registry.pushModule(parseReference(`${at.server.host}/p:v1`), content, {}, signal);
  assert.is(other.seen.length, 2);
  assert.ok(other.seen.every(({ authorization, url }) => authorization === undefined && url.startsWith('/upload?state=1&digest=sha256')));
});

hostile('a registry that stored another manifest than was pushed is told', async () => {
  await using at = await stand((response, request) => {
    if (request.method === 'HEAD') response.writeHead(200).end();
    else response.writeHead(201, { 'docker-content-digest': `sha256:${'0'.repeat(64)}` }).end();
  });
  const fault = await rejectionOf(at.bench.registry.pushModule(parseReference(`${at.server.host}/p:v1`), content, {}, signal));
  assert.match(fault.message, `The digest of the returned manifest is not valid: sha256:${'0'.repeat(64)}`);
});

for (const refusing of ['HEAD', 'POST', 'PUT', 'MANIFEST']) {
  hostile(`a push that is refused at its ${refusing} is told`, async () => {
    await using at = await stand((response, request) => {
      request.resume();
      const step = request.url?.includes('/manifests/') === true ? 'MANIFEST' : (request.method ?? '');
      if (step === refusing) response.writeHead(403).end('{"errors":[{"code":"DENIED"}]}');
      else if (step === 'HEAD') response.writeHead(404).end();
      else if (step === 'POST') response.writeHead(202, { location: '/upload' }).end();
      else response.writeHead(201).end();
    });
    const fault = await rejectionOf(at.bench.registry.pushModule(parseReference(`${at.server.host}/p:v1`), content, {}, signal));
    assert.is(fault.code, 'REGISTRY_DENIED');
    assert.match(fault.message, `cannot push to ${at.server.host}/p:v1: the registry answered 403`);
  });
}

hostile('a list of tags that is none is told', async () => {
  await using at = await stand((response) => response.end('{"tags":"a"}'));
  assert.match((await rejectionOf(at.bench.registry.listTags(parseReference(`${at.server.host}/p`), signal))).message, 'the list of tags cannot be read');
});

hostile('a list without end is given up', async () => {
  await using at = await stand((response, request) => response.writeHead(200, { link: `<${request.url ?? ''}x>; rel="next"` }).end('{"tags":["a"]}'));
  const fault = await rejectionOf(at.bench.registry.listTags(parseReference(`${at.server.host}/p`), signal));
  assert.match(fault.message, 'the list has more than 100 pages');
});

hostile('a list is read over its pages, and not beyond its host', async () => {
  await using at = await stand((response, _request, count) => response.writeHead(200, { link: count < 3 ? `</v2/p/tags/list?last=${count}>; rel="next"` : '<https://evil.example/>; rel="prev"' }).end(`{"tags":["${count}"]}`));
  assert.equal(await at.bench.registry.listTags(parseReference(`${at.server.host}/p`), signal), ['1', '2', '3']);
  await using lured = await stand((response) => response.writeHead(200, { link: '<https://evil.example/>; rel="next"' }).end('{"tags":[]}'));
  assert.match((await rejectionOf(lured.bench.registry.listTags(parseReference(`${lured.server.host}/p`), signal))).message, 'the next page of the list is on another host');
});

const referrer = (artifactType: string) => ({ ...layer, mediaType: 'application/vnd.oci.image.manifest.v1+json', artifactType });
const referrers = JSON.stringify({ schemaVersion: 2, manifests: [referrer('a'), referrer('b')] });

hostile('referrers come from the API, filtered here where the registry does not', async () => {
  await using at = await stand((response) => response.end(referrers));
  const found = await at.bench.registry.listReferrers(parseReference(`${at.server.host}/p`), layer.digest, 'b', signal);
  assert.equal(found.map(({ artifactType }) => artifactType), ['b']);
  assert.is(at.server.seen[0]?.url, `/v2/p/referrers/${layer.digest}?artifactType=b`);
});

hostile('referrers come from the tag schema where there is no API', async () => {
  const tag = layer.digest.replace(':', '-');
  await using at = await stand((response, request) => (request.url === `/v2/p/manifests/${tag}` ? response.end(referrers) : response.writeHead(404).end()));
  assert.is((await at.bench.registry.listReferrers(parseReference(`${at.server.host}/p`), layer.digest, undefined, signal)).length, 2);
});

hostile('an insecure registry that stops speaking TLS is spoken to in plain, without the credentials', async () => {
  await using server = await startWebServer((request, response) => (request.headers.authorization === undefined ? response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end() : response.end(manifest)));
  await using bench = openBench({ [server.host]: insecure }, { dockerConfig: dockerConfigOf(server.host, 'user', 'hunter2') });
  assert.is((await rejectionOf(bench.registry.fetchManifest(parseReference(`${server.host}/p:v1`), signal))).code, 'HTTP_CREDENTIALS_REFUSED');
  assert.equal(server.seen.map(({ authorization }) => authorization), [undefined]);
});

hostile.run();
