// JSON for humans to read and change. `JSON.stringify` refuses `bigint`, as which large integers come out of YAML.

/** Writes a value over several lines, two columns further in for each level; integers of any size keep their digits. */
export function formatJson(value: unknown, indent = ''): string {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  const within = `${indent}  `;
  if (Array.isArray(value)) return enclosed('[', value.map((item) => formatJson(item, within)), ']', indent);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return enclosed('{', members.map(([key, member]) => `${JSON.stringify(key)}: ${formatJson(member, within)}`), '}', indent);
}

function enclosed(open: string, items: readonly string[], close: string, indent: string): string {
  if (items.length === 0) return open + close;
  return `${open}\n${items.map((item) => `${indent}  ${item}`).join(',\n')}\n${indent}${close}`;
}
