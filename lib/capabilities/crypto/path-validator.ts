// Is there a valid certification path? The question goes to rustls-webpki, the validator of the reference, compiled to
// WebAssembly (./webpki); the reasons for it are in docs/adr. Loaded on first use: it is 100 KB that most runtimes never need.

import { isSignatureValid } from './signatures.js';
import { webpkiBase64 } from './webpki-module.js';

/** What is asked about an end-entity certificate; certificates are DER, unchecked. */
export interface PathQuestion {
  readonly endEntity: Uint8Array;
  /** Certificates that are trusted as they are, even when expired. */
  readonly anchors: readonly Uint8Array[];
  /** Certificates that may lie between, in any order. */
  readonly intermediates: readonly Uint8Array[];
  /** The time at which all certificates but the anchor must be valid. */
  readonly time: Date;
}

/** What the validator found; `problem` is webpki's word for it, such as `PathLenConstraintViolated`. */
export type PathFinding =
  | { readonly kind: 'trusted' }
  | { readonly kind: 'expired' | 'not-yet-valid' | 'untrusted' | 'invalid' | 'bad-end-entity' | 'bad-anchor'; readonly problem: string };

/** The exports of the module. */
interface Validator {
  readonly memory: WebAssembly.Memory;
  readonly allocate: (bytes: number) => number;
  readonly answer: (start: number, bytes: number) => number;
  readonly answer_bytes: () => number;
}

/** `TrailingData(CertificateTbsCertificate)` fits. */
const maxProblemChars = 60;

let compiled: Promise<WebAssembly.Module> | undefined;

/** Looks for a valid path from the certificate to one of the anchors. */
export async function validatePath(question: PathQuestion): Promise<PathFinding> {
  compiled ??= WebAssembly.compile(Buffer.from(webpkiBase64.join(''), 'base64'));
  const validator = instantiate(await compiled);
  const bytes = encodeQuestion(question);
  const start = validator.allocate(bytes.byteLength);
  new Uint8Array(validator.memory.buffer).set(bytes, start);
  const answer = validator.answer(start, bytes.byteLength);
  return parseFinding(new TextDecoder().decode(new Uint8Array(validator.memory.buffer, answer, validator.answer_bytes())));
}

/** A new instance for every question: it only ever takes memory, and nothing of one question reaches the next. */
function instantiate(module: WebAssembly.Module): Validator {
  const host = {
    verify_signature(scheme: number, parts: number): number {
      const [key, message, signature] = [partAt(validator.memory, parts), partAt(validator.memory, parts + 8), partAt(validator.memory, parts + 16)];
      return isSignatureValid(scheme, { key, message, signature }) ? 1 : 0;
    },
  };
  const validator = asValidator(new WebAssembly.Instance(module, { host }).exports);
  return validator;
}

function asValidator(exports: object): Validator {
  if (!isValidator(exports)) throw new Error('the path validator lacks an export');
  return exports;
}

function isValidator(exports: object): exports is Validator {
  const functions = ['allocate', 'answer', 'answer_bytes'];
  return Reflect.get(exports, 'memory') instanceof WebAssembly.Memory && functions.every((name) => typeof Reflect.get(exports, name) === 'function');
}

/** The bytes that an address and a length, both in the module's memory, stand for. */
function partAt(memory: WebAssembly.Memory, offset: number): Uint8Array {
  const view = new DataView(memory.buffer, offset, 8);
  return new Uint8Array(memory.buffer, view.getUint32(0, true), view.getUint32(4, true));
}

/** The layout of webpki/src/question.rs. */
function encodeQuestion({ endEntity, anchors, intermediates, time }: PathQuestion): Uint8Array {
  const lists = [[endEntity], anchors, intermediates];
  const parts: Uint8Array[] = [littleEndian64(Math.max(0, Math.floor(time.getTime() / 1000)))];
  for (const list of lists) {
    parts.push(littleEndian32(list.length));
    for (const certificate of list) parts.push(littleEndian32(certificate.byteLength), certificate);
  }
  return Buffer.concat(parts);
}

function littleEndian32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

function littleEndian64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes;
}

function parseFinding(answer: string): PathFinding {
  const [kind = '', ...words] = answer.split(' ');
  const problem = shortened(words.join(' '));
  switch (kind) {
    case 'trusted':
      return { kind };
    case 'expired':
    case 'not-yet-valid':
    case 'untrusted':
    case 'invalid':
    case 'bad-end-entity':
    case 'bad-anchor':
      return { kind, problem };
    default:
      throw new Error(`the path validator answered '${answer}'`);
  }
}

/** webpki's text for a failure: with what was found if that is short, and not with a list of all known algorithms. */
function shortened(problem: string): string {
  return problem.length <= maxProblemChars ? problem : (/^\w*/.exec(problem)?.[0] ?? '');
}
