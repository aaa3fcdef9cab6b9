// The completion script for bash. Files are left to bash itself (`-o default`), which knows about spaces in names.
import { allCommands, type CommandNode } from './command-tree.js';

/** Writes the script. */
export function bashCompletions(root: CommandNode): string {
  const [name = ''] = root.path;
  const commands = allCommands(root);
  return `# bash completion for ${name}: eval "$(${name} completions -s bash)"
_${name}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} path=${name} words='' i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path \${COMP_WORDS[i]}" in
${commands.slice(1).map(({ path }) => `      '${path.join(' ')}') path='${path.join(' ')}' ;;`).join('\n')}
    esac
  done
  case "$path" in
${commands.map(commandCase).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o bashdefault -o default -F _${name} ${name}
`;
}

function commandCase(node: CommandNode): string {
  const withValue = node.options.filter(({ value }) => value.kind !== 'none');
  const words = withValue.flatMap(({ names, value }) => (value.kind === 'words' ? [`        ${names.join(' | ')}) COMPREPLY=($(compgen -W '${value.words.join(' ')}' -- "$cur")); return ;;`] : []));
  const others = withValue.filter(({ value }) => value.kind !== 'words').flatMap(({ names }) => names);
  const values = [...words, ...(others.length === 0 ? [] : [`        ${others.join(' | ')}) return ;;`])];
  return [
    `    '${node.path.join(' ')}')`,
    ...(values.length === 0 ? [] : ['      case "$prev" in', ...values, '      esac']),
    `      if [[ $cur == -* ]]; then words='${node.options.flatMap(({ names }) => names).join(' ')}'`,
    `      else words='${node.commands.map(({ path }) => path.at(-1) ?? '').join(' ')}'; fi`,
    '      ;;',
  ].join('\n');
}
