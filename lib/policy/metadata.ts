// Policy metadata: the JSON in a module's custom section (contract 3.1). Its rules for authors are metadata-rules.ts.
import { z } from 'zod';

import { Fault, isFault } from '../fault.js';
import { decodeJson } from '../json/decode.js';
import { scanMembers } from '../json/scan.js';
import { maxMetadataBytes } from '../wasm/ceilings.js';

import { fieldProblems, formatFieldProblems } from './field-problems.js';
import { textMap } from './maps.js';

/** The custom section that carries the metadata; the first of that name counts. */
export const metadataSection = 'io.kubewarden.metadata';

const executionModes = ['kubewarden-wapc', 'opa', 'gatekeeper', 'wasi'] as const;
/** How a policy's module is run. */
export type ExecutionMode = (typeof executionModes)[number];

const rule = z.object({
  apiGroups: z.array(z.string()),
  apiVersions: z.array(z.string()),
  resources: z.array(z.string()),
  operations: z.array(z.enum(['CREATE', 'UPDATE', 'DELETE', 'CONNECT', '*'])),
});

/** Unknown keys are ignored, as in the reference (there are legacy ones). */
const metadataSchema = z.object({
  protocolVersion: z.enum(['v1', 'Unknown']).nullish().transform((value) => value ?? null),
  rules: z.array(rule),
  annotations: textMap.nullish().transform((value) => value ?? undefined),
  mutating: z.boolean(),
  backgroundAudit: z.boolean().default(true),
  executionMode: z.enum(executionModes).default('kubewarden-wapc'),
  policyType: z.enum(['kubernetes', 'raw']).default('kubernetes'),
  contextAwareResources: z.array(z.object({ apiVersion: z.string(), kind: z.string() })).default([]),
  hostCapabilities: z.array(z.string()).nullish().transform((value) => value ?? undefined),
  minimumKubewardenVersion: z
    .string()
    .regex(/^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/, 'expected a semantic version such as 1.30.0')
    .nullish()
    .transform((value) => value ?? undefined),
});

/** What a policy says about itself. */
export type Metadata = Readonly<z.infer<typeof metadataSchema>>;
/** One admission rule that a policy asks to be registered for. */
export type MetadataRule = Metadata['rules'][number];

/**
 * Reads the payload of the metadata section; a key given twice is refused.
 *
 * @throws {Fault} `METADATA_INVALID`
 */
export function decodeMetadata(payload: Uint8Array): Metadata {
  try {
    if (payload.byteLength > maxMetadataBytes) throw new Fault('METADATA_INVALID', `it has ${payload.byteLength} bytes, the limit is ${maxMetadataBytes}`);
    const metadata = parseMetadata(decodeJson(payload));
    scanMembers(payload);
    return metadata;
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown;
    throw new Fault('METADATA_INVALID', `cannot deserialize custom section \`${metadataSection}\` of wasm module: ${thrown.message}`);
  }
}

/**
 * Reads metadata from a parsed document, such as an author's metadata.yml.
 *
 * @throws {Fault} `METADATA_INVALID`
 */
export function parseMetadata(document: unknown): Metadata {
  const parsed = metadataSchema.safeParse(document);
  if (!parsed.success) throw new Fault('METADATA_INVALID', formatFieldProblems(fieldProblems(parsed.error)));
  return parsed.data;
}

/** The payload of the metadata section, as the reference writes it: absent optional keys left out, the rest always there. */
export function encodeMetadata(metadata: Metadata): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(metadata));
}
