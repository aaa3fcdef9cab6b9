// How far a host may be trusted: what the operator said about it, and which ways of reaching a URL follow from that.

/** What the operator said about one `host[:port]`. */
export interface HostAccess {
  /** Unverified certificates, and plain HTTP, are accepted as last resorts. */
  readonly insecure: boolean;
  /** Credentials may be sent over plain HTTP; counts only together with `insecure`. */
  readonly plainCredentials: boolean;
  /** Certificate authorities trusted for this host beside the system's; each PEM. */
  readonly authorities: readonly string[];
}

/** What the operator said about every host; `host` is lower-case, with the port unless it is the scheme's own. */
export type AccessTable = (host: string) => HostAccess;

/** Nothing said: verified TLS or nothing. */
export const strictAccess: HostAccess = { insecure: false, plainCredentials: false, authorities: [] };

/** How the other end of one connection is checked. */
export type Trust =
  | { readonly kind: 'verified'; readonly authorities: readonly string[] }
  | { readonly kind: 'unverified' }
  | { readonly kind: 'plain' };

/** The ways to reach a URL, safest first; empty when it may not be reached. The scheme of a URL is never changed here. */
export function trustsFor(url: URL, access: HostAccess): readonly Trust[] {
  if (url.protocol === 'https:') {
    const verified: Trust = { kind: 'verified', authorities: access.authorities };
    return access.insecure ? [verified, { kind: 'unverified' }] : [verified];
  }
  return url.protocol === 'http:' && access.insecure ? [{ kind: 'plain' }] : [];
}

/** Tells whether credentials may travel to a URL. */
export function mayCarryCredentials(url: URL, access: HostAccess): boolean {
  return url.protocol === 'https:' || (access.insecure && access.plainCredentials);
}

/** A URL for messages: without user, query and fragment, which may hold secrets. */
export function shownUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}${url.search === '' ? '' : '?...'}`;
}
