// The credentials for one registry. Whatever stands in their way makes the client anonymous, and is told as an event.
import { messageOf } from '../fault.js';
import type { NetworkEventSink } from '../http/network-event.js';
import type { CredentialHelper } from './credential-helper.js';
import { credentialSource, type DockerConfig } from './docker-config.js';

/** What a client shows when a registry asks who it is. */
export type Credentials =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'basic'; readonly username: string; readonly password: string };

/** Finds the credentials for a registry, when it asks for them and not before. */
export type CredentialLookup = (registry: string, signal: AbortSignal) => Promise<Credentials>;

/** The user name by which helpers say that the secret is an identity token. */
const identityTokenUser = '<token>';

/** Looks credentials up in a Docker configuration. */
export function dockerCredentials(config: DockerConfig, runHelper: CredentialHelper, onEvent: NetworkEventSink): CredentialLookup {
  return async (registry, signal) => {
    const unusable = (because: string): Credentials => {
      onEvent({ kind: 'credentials-unusable', registry, because });
      return { kind: 'anonymous' };
    };
    const source = credentialSource(config, registry);
    switch (source.kind) {
      case 'none':
        return { kind: 'anonymous' };
      case 'unusable':
        return unusable(source.because);
      case 'basic':
        return source;
      case 'helper':
        try {
          const { username, secret } = await runHelper(source.helper, source.server, signal);
          return username === identityTokenUser ? unusable('IdentityToken credential not supported. Using anonymous instead') : { kind: 'basic', username, password: secret };
        } catch (error) {
          return unusable(messageOf(error));
        }
    }
  };
}

/** The value of an `Authorization` header. */
export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}
