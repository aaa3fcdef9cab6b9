// `WWW-Authenticate` headers: which ways of signing in a registry offers (RFC 9110, 11.6.1). Pure.

/** One way of signing in. */
export type Challenge =
  | { readonly kind: 'basic' }
  | {
      readonly kind: 'bearer';
      /** URL of the token service, as the registry wrote it. */
      readonly realm: string;
      readonly service?: string;
    };

const token = /^[\w!#$%&'*+.^`|~-]+/;
const quoted = /^"((?:[^"\\]|\\.)*)"/;
const separators = /^[\s,]+/;

/**
 * Reads every challenge of a header, in its order; schemes other than Basic and Bearer are left out, as is a Bearer
 * challenge without a realm. Where the header stops making sense, reading stops.
 */
export function parseChallenges(header: string): readonly Challenge[] {
  const challenges: Challenge[] = [];
  let rest = header.slice(0, maxHeaderLength).replace(separators, '');
  while (rest !== '') {
    const scheme = token.exec(rest)?.[0];
    if (scheme === undefined) break;
    const { parameters, remaining } = parseParameters(rest.slice(scheme.length));
    const challenge = challengeOf(scheme.toLowerCase(), parameters);
    if (challenge !== undefined) challenges.push(challenge);
    rest = remaining;
  }
  return challenges;
}

/** Longer headers are an attack and not a challenge. */
const maxHeaderLength = 8192;

function challengeOf(scheme: string, parameters: ReadonlyMap<string, string>): Challenge | undefined {
  if (scheme === 'basic') return { kind: 'basic' };
  const realm = parameters.get('realm');
  if (scheme !== 'bearer' || realm === undefined) return undefined;
  const service = parameters.get('service');
  return service === undefined ? { kind: 'bearer', realm } : { kind: 'bearer', realm, service };
}

/** Reads `name=value` pairs up to the next scheme: a token that no `=` follows. */
function parseParameters(text: string): { readonly parameters: ReadonlyMap<string, string>; readonly remaining: string } {
  const parameters = new Map<string, string>();
  let rest = text.replace(separators, '');
  for (;;) {
    const name = token.exec(rest)?.[0];
    const after = name === undefined ? undefined : /^\s*=\s*/.exec(rest.slice(name.length));
    if (name === undefined || after === undefined || after === null) return { parameters, remaining: rest };
    const value = rest.slice(name.length + after[0].length);
    const match = quoted.exec(value) ?? token.exec(value);
    if (match === null) return { parameters, remaining: '' };
    if (!parameters.has(name.toLowerCase())) parameters.set(name.toLowerCase(), match[1] === undefined ? match[0] : match[1].replaceAll(/\\(.)/g, '$1'));
    rest = value.slice(match[0].length).replace(separators, '');
  }
}
