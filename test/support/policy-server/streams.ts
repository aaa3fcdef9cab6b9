// Reading what streams bring.
import type { Readable } from 'node:stream';

/** Everything a stream brings, as text; rejects when it breaks off. */
export function readStream(stream: Readable): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    stream
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
      .on('error', reject)
      .on('aborted', () => reject(new Error('the answer broke off')));
  });
}
