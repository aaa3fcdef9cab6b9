// Which redirects are followed, and with which headers. Pure: the loop that follows them is in client.ts.

/** One stop on the way to an answer. */
export interface Hop {
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What to do with an answer. */
export type NextHop =
  | { readonly kind: 'arrived' }
  | { readonly kind: 'follow'; readonly hop: Hop }
  | { readonly kind: 'refused'; readonly because: string };

const redirectStatuses: readonly number[] = [301, 302, 303, 307, 308];

/** Headers that belong to the origin they were made for. */
const secretHeaders: readonly string[] = ['authorization', 'cookie', 'proxy-authorization'];

/**
 * Decides what follows an answer to a GET or HEAD.
 *
 * Credentials stay with the scheme, host and port they were meant for; TLS is not given up unless the operator called the
 * target insecure.
 *
 * @param location the answer's `Location`: absolute, or relative to the hop
 * @param isInsecure what the operator said about a `host[:port]`
 */
export function nextHop(from: Hop, answer: { readonly status: number; readonly location: string | undefined }, isInsecure: (host: string) => boolean): NextHop {
  if (!redirectStatuses.includes(answer.status)) return { kind: 'arrived' };
  if (answer.location === undefined) return refused('it names no target');
  const url = parseTarget(answer.location, from.url);
  if (url === undefined) return refused('its target is no HTTP URL');
  if (url.username !== '' || url.password !== '') return refused('its target holds credentials');
  if (from.url.protocol === 'https:' && url.protocol === 'http:' && !isInsecure(url.host)) return refused(`it leads from HTTPS to plain HTTP at ${url.host}`);
  return { kind: 'follow', hop: { url, headers: url.origin === from.url.origin ? from.headers : withoutSecrets(from.headers) } };
}

/** The headers that may follow to another origin. */
export function withoutSecrets(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !secretHeaders.includes(name)));
}

function parseTarget(location: string, base: URL): URL | undefined {
  if (!URL.canParse(location, base)) return undefined;
  const url = new URL(location, base);
  return url.protocol === 'https:' || url.protocol === 'http:' ? url : undefined;
}

function refused(because: string): NextHop {
  return { kind: 'refused', because };
}
