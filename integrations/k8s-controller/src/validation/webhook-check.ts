// Asks the API server what it has against the webhook that a policy would get, by a dry run: it alone compiles CEL as it will run it.
import { randomUUID } from 'node:crypto';

import { isFault, messageOf } from 'wasmwarden';
import type { ClusterClient } from 'wasmwarden/kubernetes';
import { z } from 'zod';

import type { Policy } from '../crds/custom-object.js';
import { webhookConfiguration } from '../desired/webhook.js';
import { resourceOf } from '../world/resources.js';
import { invalid, unchecked, type FieldError } from './field-error.js';

const causesSchema = z.object({ causes: z.array(z.object({ reason: z.string().default('FieldValueInvalid'), field: z.string().default(''), message: z.string().default('') })) });

/** What the API server has against a policy's webhook; where it cannot be asked, the policy is refused for that reason. */
export async function webhookErrors(client: Pick<ClusterClient, 'create'>, policy: Policy, namespace: string): Promise<readonly FieldError[]> {
  const { apiVersion, kind, webhooks } = webhookConfiguration(policy, { namespace, authorities: '' });
  try {
    // Under a name of its own: the policy's may be taken, by its own webhook.
    await client.create({ resource: resourceOf(kind) }, { apiVersion, kind, metadata: { name: `dry-run-${randomUUID()}` }, webhooks }, { dryRun: true });
    return [];
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown;
    if (thrown.code === 'KUBERNETES_INVALID') return fieldErrors(thrown.context['details'], messageOf(thrown));
    return [unchecked('spec', `cannot check the webhook of the policy: ${messageOf(thrown)}`)];
  }
}

function fieldErrors(details: unknown, message: string): readonly FieldError[] {
  const parsed = causesSchema.safeParse(details);
  if (!parsed.success || parsed.data.causes.length === 0) return [invalid('spec', '', message)];
  return parsed.data.causes.map(({ reason, field, message: body }) => ({ reason, field: fieldOfPolicy(field, reason), body }));
}

/** The policy's field that a webhook's was made of. The reference tells the name of a condition that is none at the condition itself. */
function fieldOfPolicy(field: string, reason: string): string {
  const own = field.replace(/^webhooks\[0\]/, 'spec');
  return reason === 'FieldValueInvalid' ? own.replace(/^(spec\.matchConditions\[\d+\])\.name$/, '$1') : own;
}
