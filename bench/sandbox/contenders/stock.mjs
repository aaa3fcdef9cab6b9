// `@wapc/host` as it is published: one instance, never put back, without limits. It offers few imports, and refuses most guests.
import { instantiate } from '@wapc/host';

export async function stock({ module, operation, payload }) {
  const host = await instantiate(module, () => {
    throw new Error('there is no host');
  });
  return () => host.invoke(operation, payload.slice());
}
