// Runs `docker-credential-{helper} get` (https://github.com/docker/docker-credential-helpers): the registry on stdin, JSON
// on stdout. Whatever goes wrong is told without the program's output, which may hold secrets.
import { spawn } from 'node:child_process';

import { z } from 'zod';

/** Asks a credential helper for the credentials of a server; rejects with a plain sentence. */
export type CredentialHelper = (helper: string, server: string, signal: AbortSignal) => Promise<{ readonly username: string; readonly secret: string }>;

/** A helper that asks a person would wait for ever. */
const timeoutMs = 30_000;
const maxOutputBytes = 64 * 1024;

const answerSchema = z.looseObject({ Username: z.string(), Secret: z.string() });

/** Starts the helper as a process, found on the PATH. */
export const runCredentialHelper: CredentialHelper = async (helper, server, signal) => {
  const output = await outputOf(`docker-credential-${helper}`, server, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
  const answer = answerSchema.safeParse(parseJson(output));
  if (!answer.success) throw new Error(`the credential helper '${helper}' answered no credentials`);
  return { username: answer.data.Username, secret: answer.data.Secret };
};

function outputOf(program: string, input: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['get'], { stdio: ['pipe', 'pipe', 'ignore'], signal, killSignal: 'SIGKILL' });
    const chunks: Buffer[] = [];
    let length = 0;
    const fail = (found: string): void => {
      child.kill('SIGKILL');
      // What the helper started itself may live on and hold the pipe.
      child.stdout.destroy();
      reject(new Error(`the credential helper '${program}' ${found}`));
    };
    child.stdout.on('data', (chunk: Buffer) => {
      length += chunk.byteLength;
      if (length > maxOutputBytes) fail('failed');
      else chunks.push(chunk);
    });
    // A helper that is missing, or leaves without reading, makes the pipe fail; its end is what counts.
    child.stdin.on('error', () => undefined);
    child.on('error', () => fail(signal.aborted ? 'was given up' : 'could not be run'));
    child.on('close', (code) => (code === 0 ? resolve(Buffer.concat(chunks).toString('utf8')) : fail('failed')));
    child.stdin.end(input);
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
