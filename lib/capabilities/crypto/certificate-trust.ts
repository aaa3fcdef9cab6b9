// `crypto/v1/is_certificate_trusted`: the wire format and the words of the answer. The judgement is in path-validator.ts.

import { z } from 'zod';

import { type Capability, defineCapability, refusal } from '../capability.js';
import { certificateData, decodeCertificate } from './certificate-data.js';
import type { PathFinding, PathQuestion } from './path-validator.js';
import { parseTimestamp } from './timestamp.js';

/** Certificates that a chain may have. A real one has two to five; bundles of roots do not belong here. */
const maxChainLength = 32;

const request = z.object({
  cert: certificateData,
  cert_chain: z.array(certificateData).nullish(),
  // The reference demands the key; its JavaScript SDK leaves it out, so a missing one is read as null.
  not_after: z.string().nullish(),
});

/** `reason` is empty when the certificate is trusted. */
interface Trust {
  readonly trusted: boolean;
  readonly reason: string;
}

/**
 * Makes the capability that judges a certificate by a chain, whose last element is the anchor, or by Mozilla's roots.
 *
 * `{"cert": C, "cert_chain": C[] | null, "not_after": string | null}` in, `{"trusted": boolean, "reason": string}` out.
 *
 * @param now the time at which certificates must be valid when `not_after`, in spite of its name, does not say it
 */
export function certificateTrust(now: () => Date): Capability {
  return defineCapability({
    path: 'crypto/v1/is_certificate_trusted',
    request,
    async handle(asked): Promise<Trust> {
      const question = await questionOf(asked, now);
      const { validatePath } = await import('./path-validator.js');
      return answerTo(await validatePath(question));
    },
  });
}

async function questionOf({ cert, cert_chain: chain, not_after: time }: z.infer<typeof request>, now: () => Date): Promise<PathQuestion> {
  if (chain !== undefined && chain !== null && chain.length > maxChainLength) {
    throw refusal(`Certificate chain of ${chain.length} certificates exceeds ${maxChainLength}`);
  }
  const endEntity = decodeCertificate(cert);
  const given = chain?.map(decodeCertificate);
  return { endEntity, ...(await issuersOf(given)), time: timeOf(time ?? '', now) };
}

async function issuersOf(chain: readonly Uint8Array[] | undefined): Promise<Pick<PathQuestion, 'anchors' | 'intermediates'>> {
  if (chain !== undefined) return { anchors: chain.slice(-1), intermediates: chain.slice(0, -1) };
  const { mozillaRoots } = await import('./mozilla-roots.js');
  return { anchors: mozillaRoots(), intermediates: [] };
}

function timeOf(text: string, now: () => Date): Date {
  const time = text === '' ? now() : parseTimestamp(text);
  if (time === undefined) throw refusal('Timestamp not_after is not in RFC3339 format');
  return time;
}

function answerTo(finding: PathFinding): Trust {
  switch (finding.kind) {
    case 'trusted':
      return { trusted: true, reason: '' };
    case 'expired':
      return { trusted: false, reason: 'Certificate is being used after its expiration date' };
    case 'not-yet-valid':
      return { trusted: false, reason: 'Certificate is being used before its validity date' };
    case 'untrusted':
      return { trusted: false, reason: 'Certificate is not trusted by the provided cert chain' };
    case 'invalid':
      return { trusted: false, reason: `Certificate not trusted: ${finding.problem}` };
    case 'bad-end-entity':
      throw refusal(`Certificate is not a valid end-entity certificate: ${finding.problem}`);
    case 'bad-anchor':
      throw refusal(`The last certificate of the chain is not a valid trust anchor: ${finding.problem}`);
  }
}
