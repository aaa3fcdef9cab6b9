// Reads a sources file and the certificate authorities it names.
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { parse } from 'yaml';

import { isFault, messageOf } from '../fault.js';
import { fileProblem, sourceFault } from './source-fault.js';
import { accessTable, type Authority, effectiveProxies, type Environment, environmentProxies, parseSources, type Sources, type SourcesDocument } from './sources.js';

/**
 * Reads the sources in force: the file's, with the environment's proxies where the file names none.
 *
 * @param path nothing for no file: every host is strict, proxies come from the environment
 * @throws {Fault} `SOURCES_INVALID`
 */
export async function readSources(path: string | undefined, environment: Environment): Promise<Sources> {
  try {
    const document = parseSources(path === undefined ? undefined : parseYaml(await readFile(path, 'utf8')));
    return { access: accessTable(document, await readAuthorities(document)), proxies: effectiveProxies(document.proxies, environmentProxies(environment)) };
  } catch (error) {
    const because = isFault(error) ? error.message : fileProblem(error);
    throw sourceFault('SOURCES_INVALID', path === undefined ? `cannot use the proxies of the environment: ${because}` : `error while loading sources from ${path}: ${because}`);
  }
}

/** Reads YAML; of the parser's problem one line is told and no warning at all, since what follows repeats the file, passwords included. */
function parseYaml(text: string): unknown {
  try {
    return parse(text, { schema: 'core', logLevel: 'error' });
  } catch (error) {
    throw sourceFault('SOURCES_INVALID', messageOf(error).split('\n', 1)[0]?.replace(/:$/, '') ?? '');
  }
}

async function readAuthorities({ authorities }: SourcesDocument): Promise<ReadonlyMap<string, readonly string[]>> {
  const read = new Map<string, readonly string[]>();
  for (const [host, listed] of authorities) read.set(host, (await Promise.all(listed.map(readAuthority))).flat());
  return read;
}

async function readAuthority(authority: Authority): Promise<readonly string[]> {
  if (authority.type === 'Data') return parseCertificates(Buffer.from(authority.data, 'utf8'));
  try {
    return parseCertificates(await readFile(authority.path));
  } catch (error) {
    throw isFault(error) ? error : sourceFault('SOURCES_INVALID', `Cannot read certificate from file: ${authority.path}: ${fileProblem(error)}`);
  }
}

/** Every certificate of a PEM text, or the one of a DER file, as PEM. */
function parseCertificates(raw: Buffer): readonly string[] {
  const blocks = raw.toString('latin1').match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g);
  try {
    return (blocks ?? [raw]).map((block) => new X509Certificate(block).toString());
  } catch {
    throw sourceFault('SOURCES_INVALID', 'Invalid certificate: Raw certificate is not in PEM nor in DER encoding');
  }
}
