#!/usr/bin/env node
// Writes docs/capabilities.md from the catalogue. Run after `npm run build`; a test compares the file with the catalogue.
//
//   npm run docs:capabilities [-- --check]

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { builtInCapabilities } from '../build/lib/capabilities/built-in.js';
import { catalogue } from '../build/lib/capabilities/catalogue.js';
import { defaultDispatchLimits } from '../build/lib/capabilities/dispatch.js';

const target = fileURLToPath(new URL('../docs/capabilities.md', import.meta.url));

const mebibytes = (bytes) => `${bytes / 1024 / 1024} MiB`;

/** The whole text of docs/capabilities.md. */
function capabilityDocs() {
  const { maxPayloadBytes, maxAnswerBytes } = defaultDispatchLimits;
  const offered = new Set(builtInCapabilities().map(({ path }) => path));
  const sections = catalogue.map(({ path, summary, request, answer, kept }) =>
    [
      `### \`${path}\``,
      '',
      `${summary}${offered.has(path) ? '' : ' Not built in yet: a call is refused unless you pass a capability with this path.'}`,
      '',
      `- request: \`${request}\``,
      `- answer: ${/^[{["]/.test(answer) ? `\`${answer}\`` : answer}`,
      `- answers are ${kept.startsWith('not') || kept.startsWith('kept') ? kept : `kept for ${kept}`}`,
      '',
    ].join('\n'),
  );
  return `<!-- Written by scripts/write-capability-docs.mjs from lib/capabilities/catalogue.ts. -->

# Host capabilities

A policy asks its host by a waPC host call: binding \`kubewarden\`, a namespace, an operation, and a JSON payload. The path
of a capability is \`{namespace}/{operation}\`.

## Grants

A policy may call only what its \`hostCapabilities\` grant; without any, that is nothing. Patterns are read in order:

| pattern | grants |
| --- | --- |
| \`*\` | everything; what follows is not read |
| \`oci/*\` | everything below \`oci/\` |
| \`oci/v1/*\` | everything below \`oci/v1/\` |
| \`kubernetes/can_i\` | this capability |

A pattern that can match nothing is an error when the policy is loaded. The three operations that read Kubernetes objects
also need the object's \`apiVersion\` and \`kind\` among the policy's \`contextAwareResources\`.

## How a call is checked

In this order; the first objection is the answer, and only a capability's own words about a failure reach the policy.

1. The binding is \`kubewarden\`.
2. The path is granted. A denied call never learns whether the name exists, and is reported as a \`capability-denied\` event.
3. The namespace and the operation exist, and this runtime offers them.
4. The payload is no larger than ${mebibytes(maxPayloadBytes)} and reads as the request.
5. The capability's own allow list agrees.
6. The capability answers, with ${mebibytes(maxAnswerBytes)} at most, before the evaluation's deadline.

## Your own

\`\`\`ts
import { createRuntime, defineCapability } from 'wasmwarden';
import { z } from 'zod';

const greet = defineCapability({
  path: 'acme/v1/greet',
  request: z.object({ name: z.string() }),
  handle: ({ name }) => ({ greeting: \`Hello, \${name}\` }),
});
const runtime = createRuntime({ capabilities: [greet] });
\`\`\`

A capability with the path of a built-in one takes its place. Throw \`refusal('...')\` for a failure that the policy may
read about.

## Logging

\`tracing/log\` needs no grant and always succeeds: \`{"level": "TRACE" | "DEBUG" | "INFO" | "WARNING" | "ERROR", "message"?,
...}\`. It becomes a \`guest-logged\` event; the other fields are its \`data\`.

## Reference

${sections.join('\n')}`;
}

const text = capabilityDocs();
if (process.argv[2] !== '--check') {
  writeFileSync(target, text);
} else if (readFileSync(target, 'utf8') !== text) {
  console.error('docs/capabilities.md is not what the catalogue says: npm run docs:capabilities writes it anew');
  process.exitCode = 1;
}
