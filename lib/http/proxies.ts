// Which proxy a request goes through, by the rules of the usual environment variables.
import { BlockList, isIP } from 'node:net';

/** Proxies by the scheme of the request, and the hosts that are reached without one. */
export interface Proxies {
  readonly http?: URL | undefined;
  readonly https?: URL | undefined;
  /** `*`, host names (which cover their subdomains), IP addresses and CIDR ranges; a name may carry a port. */
  readonly except: readonly string[];
}

/** No proxy at all. */
export const noProxies: Proxies = { except: [] };

/** The proxy for a URL; nothing when it is reached directly. */
export function proxyFor(url: URL, proxies: Proxies): URL | undefined {
  const proxy = url.protocol === 'https:' ? proxies.https : proxies.http;
  return proxy === undefined || proxies.except.some((exception) => covers(exception, url)) ? undefined : proxy;
}

function covers(exception: string, url: URL): boolean {
  if (exception === '*') return true;
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  const family = isIP(host);
  if (family !== 0) return coversAddress(exception, host, family === 6 ? 'ipv6' : 'ipv4');
  const { name, port } = splitPort(exception.toLowerCase());
  if (port !== undefined && port !== (url.port === '' ? defaultPort(url) : url.port)) return false;
  const bare = name.replace(/^\*?\./, '');
  return bare !== '' && (host === bare || host.endsWith(`.${bare}`));
}

function coversAddress(exception: string, address: string, family: 'ipv4' | 'ipv6'): boolean {
  const [base = '', bits] = exception.split('/');
  const kind = isIP(base);
  if (kind === 0 || (kind === 6 ? 'ipv6' : 'ipv4') !== family) return false;
  const width = bits === undefined ? (kind === 6 ? 128 : 32) : Number(bits);
  if (!Number.isInteger(width) || width < 0 || width > (kind === 6 ? 128 : 32)) return false;
  const range = new BlockList();
  range.addSubnet(base, width, family);
  return range.check(address, family);
}

function splitPort(exception: string): { readonly name: string; readonly port?: string } {
  const match = /^(.*):(\d+)$/.exec(exception);
  return match?.[1] === undefined || match[2] === undefined ? { name: exception } : { name: match[1], port: match[2] };
}

function defaultPort(url: URL): string {
  return url.protocol === 'https:' ? '443' : '80';
}
