// The second yardstick: the first one with the policy evaluated on the serving thread, in a fresh instance per request, with no
// limits, no deadline and nobody protected from it.
import { readFileSync } from 'node:fs';

import { createHost } from 'wasmwarden/wapc';

import { serve } from './serve.mjs';

const [, , , modulePath] = process.argv;
const module = new WebAssembly.Module(readFileSync(modulePath));
const bytes = { encode: (value) => value, decode: (value) => value };

serve((body) => {
  const { request } = JSON.parse(body);
  const answer = createHost(module, { codec: bytes }).call('validate', Buffer.from(JSON.stringify({ request, settings: {} })));
  const { accepted, message } = JSON.parse(Buffer.from(answer));
  return JSON.stringify({ kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', response: { uid: request.uid, allowed: accepted, ...(message === undefined ? {} : { status: { message } }), auditAnnotations: null, warnings: null } });
});
