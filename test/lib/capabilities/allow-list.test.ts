import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { allowAll, denyAll, formatAllowList, isGranted, parseAllowList } from '../../../lib/capabilities/allow-list.js';
import { cataloguedPaths } from '../../../lib/capabilities/catalogue.js';
import { isFault } from '../../../lib/fault.js';

const allowList = suite('capabilities/allow-list');
const parse = (...patterns: string[]) => parseAllowList(patterns, cataloguedPaths);

const displayed: readonly (readonly [string, string[], string])[] = [
  ['no pattern at all denies everything', [], '[]'],
  ['a star grants everything', ['*'], '[*]'],
  ['patterns are trimmed', ['  * '], '[*]'],
  ['a star ends the reading, so a later bad pattern passes', ['oci/*', '*', 'nonsense'], '[*]'],
  ['prefixes come before paths and both are sorted', ['kubernetes/can_i', 'oci/*', 'crypto/*', 'kubernetes/get_resource'], '[crypto/*, oci/*, kubernetes/can_i, kubernetes/get_resource]'],
  ['a pattern given twice is shown once', ['oci/v1/*', 'oci/v1/*'], '[oci/v1/*]'],
  ['a second wildcard is accepted and harmless', ['oci/*/*'], '[oci/*/*]'],
  ['a wildcard below a leaf is accepted and harmless', ['kubernetes/can_i/*'], '[kubernetes/can_i/*]'],
];
for (const [title, patterns, expected] of displayed) {
  allowList(title, () => assert.is(formatAllowList(parse(...patterns)), expected));
}

const granted: readonly (readonly [string, string[], string, boolean])[] = [
  ['everything below a prefix is granted', ['oci/*'], 'oci/v2/verify', true],
  ['a prefix of two segments grants its own leaves', ['oci/v1/*'], 'oci/v1/verify', true],
  ['and not its sibling', ['oci/v1/*'], 'oci/v2/verify', false],
  ['a prefix does not grant a namespace that merely starts like it', ['oci/*'], 'ocix/v1', false],
  ['a complete path grants itself', ['kubernetes/can_i'], 'kubernetes/can_i', true],
  ['and not what lies below it', ['kubernetes/can_i'], 'kubernetes/can_i/more', false],
  ['a second wildcard matches nothing', ['oci/*/*'], 'oci/v1/verify', false],
  ['a wildcard below a leaf does not grant the leaf', ['kubernetes/can_i/*'], 'kubernetes/can_i', false],
];
for (const [title, patterns, path, expected] of granted) {
  allowList(title, () => assert.is(isGranted(parse(...patterns), path), expected));
}

allowList('the two constants say what they are called', () => {
  for (const path of cataloguedPaths) {
    assert.ok(isGranted(allowAll, path));
    assert.not(isGranted(denyAll, path));
  }
});

const wildcardText = (pattern: string) => `invalid pattern "${pattern}": wildcard '*' must be the entire last path segment (e.g. 'oci/*'), not a partial match`;
const namespaces = 'crypto, kubernetes, net, oci';
const operations = 'can_i, get_resource, list_resources_all, list_resources_by_namespace';
const refused: readonly (readonly [string, string, string])[] = [
  ['an empty pattern', '', 'invalid pattern: pattern must not be empty'],
  ['a blank pattern', ' \t', 'invalid pattern: pattern must not be empty'],
  ['a star glued to a segment', 'oci*', wildcardText('oci*')],
  ['a star glued to the last segment', 'oci/v*', wildcardText('oci/v*')],
  ['a star in front', '*/verify', wildcardText('*/verify')],
  ['two stars', '**', wildcardText('**')],
  ['an unknown namespace', 'docker/*', `invalid pattern "docker/*": unknown segment "docker", valid options at this level are: ${namespaces}`],
  ['the ungated namespace, which needs no grant', 'tracing/log', `invalid pattern "tracing/log": unknown segment "tracing", valid options at this level are: ${namespaces}`],
  ['a name in capitals', 'OCI/*', `invalid pattern "OCI/*": unknown segment "OCI", valid options at this level are: ${namespaces}`],
  ['an unknown version', 'oci/v3/*', 'invalid pattern "oci/v3/*": unknown segment "v3", valid options at this level are: v1, v2'],
  ['an unknown operation', 'kubernetes/cani', `invalid pattern "kubernetes/cani": unknown segment "cani", valid options at this level are: ${operations}`],
  ['a partial wildcard before the last', 'oci/v*/*', 'invalid pattern "oci/v*/*": unknown segment "v*", valid options at this level are: v1, v2'],
  ['a slash at the end', 'oci/', 'invalid pattern "oci/": unknown segment "", valid options at this level are: v1, v2'],
  ['a segment past a leaf', 'kubernetes/can_i/x', 'invalid pattern "kubernetes/can_i/x": unknown segment "x", valid options at this level are: '],
  ['a namespace alone', ' oci ', 'invalid pattern "oci": not a complete capability path; use "oci/*" to allow all capabilities under it'],
  ['a version alone', 'oci/v1', 'invalid pattern "oci/v1": not a complete capability path; use "oci/v1/*" to allow all capabilities under it'],
];
for (const [title, pattern, message] of refused) {
  allowList(`refuses ${title}`, () => {
    assert.throws(
      () => parse('oci/*', pattern),
      (thrown: unknown) => {
        assert.equal(isFault(thrown) && [thrown.code, thrown.message], ['CAPABILITY_PATTERN_INVALID', message]);
        return true;
      },
    );
  });
}

allowList('the paths of an embedder are part of the pattern tree', () => {
  const known = [...cataloguedPaths, 'acme/v1/lookup'];
  assert.ok(isGranted(parseAllowList(['acme/*'], known), 'acme/v1/lookup'));
  assert.throws(() => parseAllowList(['acmee/*'], known), /options at this level are: acme, crypto, kubernetes, net, oci$/);
});

allowList('a list that was parsed grants a path exactly when a pattern spells it out', () => {
  const patterns = cataloguedPaths.flatMap((path) => [path, path.replace(/[^/]+$/, '*'), path.replace(/\/.*$/, '/*')]);
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...patterns)), fc.constantFrom(...cataloguedPaths), (chosen, path) => {
      const spelledOut = chosen.some((pattern) => new RegExp(`^${pattern.replace('*', '.*')}$`).test(path));
      assert.is(isGranted(parse(...chosen), path), spelledOut);
    }),
    { seed: 42, numRuns: 500 },
  );
});

allowList('any text is a list or a fault with a sentence', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[ocikubernts/*_ 1v]{0,12}$/)), (patterns) => {
      try {
        parse(...patterns);
      } catch (error) {
        assert.ok(isFault(error, 'CAPABILITY_PATTERN_INVALID') && error.message.startsWith('invalid pattern'));
      }
    }),
    { seed: 42, numRuns: 500 },
  );
});

allowList.run();
