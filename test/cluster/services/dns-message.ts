// DNS messages, as far as address queries need them: read one question, write its answer. PURE.

/** One question. */
export interface DnsQuestion {
  readonly id: number;
  readonly recursionDesired: boolean;
  /** Lower-case or not, as asked, without the final dot. */
  readonly name: string;
  readonly type: number;
  /** The question section, to be repeated in the answer. */
  readonly bytes: Buffer;
}

/** Record type of IPv4 addresses. */
export const TYPE_A = 1;

/** Seconds an answer may be kept: as good as not at all, since endpoints come and go. */
const TTL_SECONDS = 1;

const HEADER_BYTES = 12;
const CLASS_INTERNET = 1;
const FLAG_ANSWER = 0x8000;
const FLAG_AUTHORITATIVE = 0x0400;
const FLAG_RECURSION_DESIRED = 0x0100;
const FLAG_RECURSION_AVAILABLE = 0x0080;
const NO_SUCH_NAME = 3;

/** Reads a query with exactly one question; undefined for anything else. */
export function decodeQuestion(message: Buffer): DnsQuestion | undefined {
  if (message.length < HEADER_BYTES || message.readUInt16BE(4) !== 1) return undefined;
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (;;) {
    const length = message[at];
    // Lengths from 64 on are pointers, which a question has no use for.
    if (length === undefined || length > 63) return undefined;
    at += 1;
    if (length === 0) break;
    labels.push(message.toString('latin1', at, at + length));
    at += length;
  }
  if (message.length < at + 4) return undefined;
  return {
    id: message.readUInt16BE(0),
    recursionDesired: (message.readUInt16BE(2) & FLAG_RECURSION_DESIRED) !== 0,
    name: labels.join('.'),
    type: message.readUInt16BE(at),
    bytes: message.subarray(HEADER_BYTES, at + 4),
  };
}

/** Writes an answer; undefined addresses say that the name does not exist. */
export function encodeAnswer(question: DnsQuestion, addresses: readonly string[] | undefined): Buffer {
  const records = question.type === TYPE_A ? (addresses ?? []).map(addressRecord) : [];
  const header = Buffer.alloc(HEADER_BYTES);
  const flags = FLAG_ANSWER | FLAG_AUTHORITATIVE | FLAG_RECURSION_AVAILABLE | (question.recursionDesired ? FLAG_RECURSION_DESIRED : 0);
  header.writeUInt16BE(question.id, 0);
  header.writeUInt16BE(flags | (addresses === undefined ? NO_SUCH_NAME : 0), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  return Buffer.concat([header, question.bytes, ...records]);
}

function addressRecord(address: string): Buffer {
  const record = Buffer.alloc(16);
  // A pointer to the name in the question.
  record.writeUInt16BE(0xc000 | HEADER_BYTES, 0);
  record.writeUInt16BE(TYPE_A, 2);
  record.writeUInt16BE(CLASS_INTERNET, 4);
  record.writeUInt32BE(TTL_SECONDS, 6);
  record.writeUInt16BE(4, 10);
  record.set(address.split('.').map(Number), 12);
  return record;
}
