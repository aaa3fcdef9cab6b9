// Where a program's time goes: functions by their own time, from a profile of Node's.
import { readFileSync } from 'node:fs';

/**
 * The functions with the most time of their own: name, place, share of the busy time.
 *
 * @param seconds only the last so many: what came before is the start of the program
 */
export function topOf(path, { count, seconds }) {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(path, 'utf8'));
  const whole = timeDeltas.reduce((sum, delta) => sum + delta, 0);
  let passed = 0;
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const own = new Map();
  let busy = 0;
  for (const [index, id] of samples.entries()) {
    passed += timeDeltas[index];
    if (passed < whole - seconds * 1e6) continue;
    const { functionName, url, lineNumber } = byId.get(id).callFrame;
    if (['(idle)', '(program)', '(root)'].includes(functionName)) continue;
    const name = `${functionName || '(anonymous)'}${url === '' ? '' : ` ${url.replace(/^.*\/(build|node_modules)\//, '')}:${lineNumber + 1}`}`;
    own.set(name, (own.get(name) ?? 0) + timeDeltas[index]);
    busy += timeDeltas[index];
  }
  return [...own].sort(([, a], [, b]) => b - a).slice(0, count).map(([name, time]) => ({ name, share: time / busy }));
}
