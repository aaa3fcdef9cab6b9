// A small admission webhook that runs as a container: denies Pods labelled `verdict=deny`.
//
// Reads `/pki/tls.crt` and `/pki/tls.key` (a Secret), and its message from `/config/message` (a ConfigMap) anew for
// each request. It becomes ready a moment after its start, so that the readiness probe has something to wait for.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { text } from 'node:stream/consumers';

/** Time from the start until the probe's path answers 200, in milliseconds. */
const WARM_UP_MS = 700;

interface Review {
  readonly request: { readonly uid: string; readonly object: { readonly metadata: { readonly name?: string; readonly labels?: Readonly<Record<string, string>> } } };
}

const startedAt = Date.now();

function answerTo({ request }: Review): object {
  const allowed = request.object.metadata.labels?.['verdict'] !== 'deny';
  const message = readFileSync('/config/message', 'utf8').trim();
  process.stdout.write(`reviewed ${request.object.metadata.name ?? '?'}: ${allowed ? 'allowed' : 'denied'}\n`);
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid: request.uid, allowed, ...(allowed ? {} : { status: { code: 403, message } }) } };
}

const server = createServer({ cert: readFileSync('/pki/tls.crt'), key: readFileSync('/pki/tls.key') }, (request, response) => {
  if (request.url === '/readyz') {
    response.writeHead(Date.now() - startedAt < WARM_UP_MS ? 503 : 200).end();
    return;
  }
  text(request).then(
    (body) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answerTo(JSON.parse(body) as Review))),
    () => response.destroy(),
  );
});

// The first process of a pid namespace has no default action for SIGTERM.
process.on('SIGTERM', () => {
  process.stdout.write('stopping on SIGTERM\n');
  server.close(() => process.exit(0));
});

server.listen(8443);
