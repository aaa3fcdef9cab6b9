// `sources.yml` (contract 6.4): which hosts are insecure, whose certificate authorities to trust, which proxies to use.
// Pure: the document to data. Files are read in sources-file.ts.
import { z } from 'zod';

import { type AccessTable, type HostAccess, strictAccess } from '../http/access.js';
import type { Proxies } from '../http/proxies.js';
import { fieldProblems, formatFieldProblems } from '../policy/field-problems.js';
import { sourceFault } from './source-fault.js';

const authoritySchema = z.discriminatedUnion('type', [z.object({ type: z.literal('Data'), data: z.string() }), z.object({ type: z.literal('Path'), path: z.string() })]);
const sourcesSchema = z.object({
  insecure_sources: z.array(z.string()).nullish(),
  plain_http_credentials: z.array(z.string()).nullish(),
  source_authorities: z.record(z.string(), z.array(authoritySchema)).nullish(),
  proxies: z.object({ http_proxy: z.string().nullish(), https_proxy: z.string().nullish(), no_proxy: z.string().nullish() }).nullish(),
});

/** Where one certificate authority is. */
export type Authority = z.infer<typeof authoritySchema>;

/** A sources file as it was written, with hosts in lower case. */
export interface SourcesDocument {
  readonly insecureSources: readonly string[];
  /** Insecure sources that get credentials over plain HTTP too: an addition of ours, which the reference ignores. */
  readonly plainHttpCredentials: readonly string[];
  readonly authorities: ReadonlyMap<string, readonly Authority[]>;
  readonly proxies: ProxySettings;
}

/** Proxies as text: URLs, and a comma-separated list of exceptions. */
export interface ProxySettings {
  readonly httpProxy?: string | undefined;
  readonly httpsProxy?: string | undefined;
  readonly noProxy?: string | undefined;
}

/** What the operator said about sources, ready for use. */
export interface Sources {
  readonly access: AccessTable;
  readonly proxies: Proxies;
}

/** Environment variables as data. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Checks the parsed document of a sources file. Unknown keys are ignored.
 *
 * @throws {Fault} `SOURCES_INVALID`
 */
export function parseSources(document: unknown): SourcesDocument {
  const parsed = sourcesSchema.nullish().safeParse(document);
  if (!parsed.success) throw sourceFault('SOURCES_INVALID', formatFieldProblems(fieldProblems(parsed.error)));
  const { insecure_sources, plain_http_credentials, source_authorities, proxies } = parsed.data ?? {};
  return {
    insecureSources: (insecure_sources ?? []).map((host) => host.toLowerCase()),
    plainHttpCredentials: (plain_http_credentials ?? []).map((host) => host.toLowerCase()),
    authorities: new Map(Object.entries(source_authorities ?? {}).map(([host, authorities]) => [host.toLowerCase(), authorities])),
    proxies: { httpProxy: given(proxies?.http_proxy), httpsProxy: given(proxies?.https_proxy), noProxy: given(proxies?.no_proxy) },
  };
}

/** What may be done with which host, once the authorities are PEM. */
export function accessTable({ insecureSources, plainHttpCredentials }: SourcesDocument, authorities: ReadonlyMap<string, readonly string[]>): AccessTable {
  const table = new Map<string, HostAccess>();
  for (const host of new Set([...insecureSources, ...authorities.keys()])) {
    table.set(host, {
      insecure: insecureSources.includes(host),
      plainCredentials: plainHttpCredentials.includes(host),
      authorities: authorities.get(host) ?? [],
    });
  }
  return (host) => table.get(host) ?? strictAccess;
}

/** The proxies of the environment; of each variable the upper-case name first. */
export function environmentProxies(environment: Environment): ProxySettings {
  const read = (name: string): string | undefined => given(environment[name]) ?? given(environment[name.toLowerCase()]);
  return { httpProxy: read('HTTP_PROXY'), httpsProxy: read('HTTPS_PROXY'), noProxy: read('NO_PROXY') };
}

/**
 * The proxies in force: each setting of the file, else the environment's.
 *
 * @throws {Fault} `SOURCES_INVALID` when a proxy is no HTTP URL; its text, which may hold a password, is not repeated
 */
export function effectiveProxies(file: ProxySettings, environment: ProxySettings): Proxies {
  const exceptions = file.noProxy ?? environment.noProxy ?? '';
  return {
    http: proxyUrl('http_proxy', file.httpProxy ?? environment.httpProxy),
    https: proxyUrl('https_proxy', file.httpsProxy ?? environment.httpsProxy),
    except: exceptions
      .split(',')
      .map((text) => text.trim())
      .filter((text) => text !== ''),
  };
}

function proxyUrl(name: string, text: string | undefined): URL | undefined {
  if (text === undefined) return undefined;
  const withScheme = text.includes('://') ? text : `http://${text}`;
  const url = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') throw sourceFault('SOURCES_INVALID', `${name} is no URL of an HTTP proxy`);
  return url;
}

function given(text: string | null | undefined): string | undefined {
  return text === undefined || text === null || text === '' ? undefined : text;
}
