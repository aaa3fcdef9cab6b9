// Field selectors: `metadata.name=a,status.phase!=Running`. Which fields a resource can be selected by is the API
// server's to say. PURE.
import { selectorFault } from './selector.js';

/** One demand on a field. */
export interface FieldRequirement {
  readonly kind: 'equal' | 'not-equal';
  /** A path such as `metadata.name`. */
  readonly field: string;
  readonly value: string;
}

/** Demands that must all hold; none at all matches everything. */
export type FieldSelector = readonly FieldRequirement[];

/** A text longer than this is no selector that anybody wrote, in characters. */
const maxLength = 64 * 1024;

/** Values as the text form has them: with `\`, `,` and `=` escaped by a backslash. */
const termPattern = /^([^=!\\,]+)(==|=|!=)((?:[^\\,=]|\\[\\,=])*)$/u;

/**
 * Reads the text form; an empty text selects everything.
 *
 * @throws {Fault} KUBERNETES_SELECTOR_INVALID
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/
 */
export function parseFieldSelector(text: string): FieldSelector {
  if (text.length > maxLength) throw selectorFault(`it has ${text.length} characters, and ${maxLength} are read`);
  // A comma behind a backslash belongs to a value; nothing between two commas is passed over, as in Kubernetes.
  const terms = [...text.matchAll(/(?:[^\\,]|\\.?)+/gsu)].map(([term]) => term);
  return terms.map((term): FieldRequirement => {
    const [, field = '', operator, value = ''] = termPattern.exec(term) ?? [];
    if (operator === undefined) throw selectorFault(`${JSON.stringify(term)} is not of the form field=value or field!=value`);
    return { kind: operator === '!=' ? 'not-equal' : 'equal', field, value: value.replaceAll(/\\(.)/gsu, '$1') };
  });
}

/** Writes the text form, which the API server takes as `fieldSelector`. */
export function formatFieldSelector(selector: FieldSelector): string {
  return selector.map(({ kind, field, value }) => `${field}${kind === 'equal' ? '=' : '!='}${value.replaceAll(/[\\,=]/g, String.raw`\$&`)}`).join(',');
}

/** Tells whether fields, by path, are selected; an absent field is an empty one, as in Kubernetes. */
export function matchesFields(selector: FieldSelector, fields: Readonly<Record<string, string>>): boolean {
  return selector.every(({ kind, field, value }) => ((Object.hasOwn(fields, field) ? fields[field] : '') === value) === (kind === 'equal'));
}
