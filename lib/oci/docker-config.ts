// Docker's configuration of registry credentials (`config.json`): what it says about one registry. Pure; programs that
// it names are run by credential-helper.ts.
import { z } from 'zod';

import { ociFault } from './oci-fault.js';
import { canonicalRegistry } from './reference.js';

const authSchema = z.looseObject({ auth: z.string().nullish(), identitytoken: z.string().nullish() });
const configSchema = z.looseObject({
  auths: z.record(z.string(), authSchema).nullish(),
  credHelpers: z.record(z.string(), z.string()).nullish(),
  credsStore: z.string().nullish(),
});

/** The parts of a Docker configuration that matter here. Unknown keys are ignored. */
export type DockerConfig = z.infer<typeof configSchema>;

/** No credentials for any registry. */
export const emptyDockerConfig: DockerConfig = {};

/** Where the credentials for a registry are. */
export type CredentialSource =
  | { readonly kind: 'none' }
  | { readonly kind: 'unusable'; readonly because: string }
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | {
      /** The program `docker-credential-{helper}` knows them. */
      readonly kind: 'helper';
      readonly helper: string;
      readonly server: string;
    };

/**
 * Checks the parsed document of a `config.json`.
 *
 * @throws {Fault} `DOCKER_CONFIG_INVALID` with the place and without the value, which may be a secret
 */
export function parseDockerConfig(document: unknown): DockerConfig {
  const parsed = configSchema.safeParse(document);
  if (!parsed.success) throw ociFault('DOCKER_CONFIG_INVALID', `unexpected content at '${parsed.error.issues[0]?.path.map(String).join('.') ?? ''}'`);
  return parsed.data;
}

/** Finds the credentials for a registry, in the order of Docker's own clients: helper, entry, store. */
export function credentialSource(config: DockerConfig, registry: string): CredentialSource {
  const helper = entryFor(config.credHelpers ?? {}, registry);
  if (helper !== undefined) return helperSource(helper.value, registry);
  const entry = entryFor(config.auths ?? {}, registry);
  if (entry !== undefined) {
    const { auth, identitytoken } = entry.value;
    if (isGiven(identitytoken)) return { kind: 'unusable', because: 'IdentityToken credential not supported. Using anonymous instead' };
    if (isGiven(auth)) return decodeAuth(auth);
  }
  return isGiven(config.credsStore) ? helperSource(config.credsStore, entry?.key ?? registry) : { kind: 'none' };
}

function isGiven(text: string | null | undefined): text is string {
  return text !== undefined && text !== null && text !== '';
}

function helperSource(helper: string, server: string): CredentialSource {
  // The name becomes part of a program's name: nothing that could leave the folders of PATH.
  if (!/^[\w.-]+$/.test(helper)) return { kind: 'unusable', because: 'the name of the credential helper is malformed' };
  return { kind: 'helper', helper, server };
}

/** The entry whose key is the registry: as it is, or after its scheme and path are taken away. */
function entryFor<T>(entries: Readonly<Record<string, T>>, registry: string): { readonly key: string; readonly value: T } | undefined {
  const pairs = Object.entries(entries);
  const found = pairs.find(([key]) => key === registry) ?? pairs.find(([key]) => registryOfKey(key) === canonicalRegistry(registry));
  return found === undefined ? undefined : { key: found[0], value: found[1] };
}

function registryOfKey(key: string): string {
  const withoutScheme = key.replace(/^https?:\/\//i, '');
  return canonicalRegistry((withoutScheme.split('/', 1)[0] ?? '').toLowerCase());
}

/** Base64 of `user:password`; padding is optional, the password may hold colons. */
function decodeAuth(auth: string): CredentialSource {
  const text = Buffer.from(auth, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 1) return { kind: 'unusable', because: 'the entry in auths is not the base64 form of user:password' };
  // Docker's own files may end in NUL characters.
  return { kind: 'basic', username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, '') };
}
