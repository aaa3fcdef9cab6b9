// Short flags in all the forms that the reference's command line knows (those of Go's pflag), as long ones: `-l=debug`, `-ldebug`,
// `-co`. PURE.
import { type AuditOption, auditOptions } from './options.js';

const byLetter: ReadonlyMap<string, AuditOption> = new Map(auditOptions.flatMap((option) => (option.short === undefined ? [] : [[option.short, option] as const])));
const takesWord: ReadonlySet<string> = new Set(auditOptions.filter(({ kind }) => kind !== 'switch').map(({ flag }) => `--${flag}`));

/** The words of a command line without short flags; what is no known flag stays as it is. */
export function withLongFlags(words: readonly string[]): readonly string[] {
  const long: string[] = [];
  let isValue = false;
  for (const word of words) {
    const written: readonly string[] = isValue ? [word] : longForm(word);
    long.push(...written);
    isValue = !isValue && takesWord.has(written.at(-1) ?? '');
  }
  return long;
}

function longForm(word: string): readonly string[] {
  const option = /^-[^-]/.test(word) ? byLetter.get(word.charAt(1)) : undefined;
  if (option === undefined) return [word];
  const flag = `--${option.flag}`;
  const rest = word.slice(2);
  if (rest === '') return [flag];
  if (rest.startsWith('=')) return [`${flag}${rest}`];
  return option.kind === 'switch' ? [flag, ...longForm(`-${rest}`)] : [`${flag}=${rest}`];
}
