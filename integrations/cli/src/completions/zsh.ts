// The completion script for zsh, with descriptions.
import { allCommands, type CommandNode, type OptionNode } from './command-tree.js';

/** Writes the script. */
export function zshCompletions(root: CommandNode): string {
  const [name = ''] = root.path;
  const functions = allCommands(root).map(commandFunction);
  return `#compdef ${name}
# zsh completion for ${name}: eval "$(${name} completions -s zsh)", or a file _${name} on $fpath

${functions.join('\n')}
if [[ $funcstack[1] == _${name} ]]; then
  _${name} "$@"
else
  compdef _${name} ${name}
fi
`;
}

function commandFunction(node: CommandNode): string {
  const specs = node.options.map(optionSpec);
  if (node.commands.length === 0) {
    const files = node.arguments.map(({ name }) => `'${quoted(`:${name}:_files`)}'`);
    return `${functionName(node.path)}() {\n  _arguments -s -S ${[...specs, ...files].join(' \\\n    ')}\n}\n`;
  }
  const described = node.commands.map(({ path, description }) => `'${quoted(`${path.at(-1) ?? ''}:${description}`)}'`);
  const cases = node.commands.map(({ path }) => `        ${path.at(-1) ?? ''}) ${functionName(path)} ;;`);
  return `${functionName(node.path)}() {
  local context state state_descr line
  local -A opt_args
  local -a commands
  commands=(
    ${described.join('\n    ')}
  )
  _arguments -C ${[...specs, "'1: :->command'", "'*:: :->arguments'"].join(' \\\n    ')}
  case $state in
    command) _describe command commands ;;
    arguments)
      case $line[1] in
${cases.join('\n')}
      esac
      ;;
  esac
}
`;
}

function functionName(path: readonly string[]): string {
  return `_${path.join('__')}`;
}

/** `'(-r --request-path)'{-r,--request-path}'[text]:file:_files'`. */
function optionSpec({ names, description, value }: OptionNode): string {
  const [first = ''] = names;
  const head = names.length === 1 ? `'${first}` : `'(${names.join(' ')})'{${names.join(',')}}'`;
  const text = description.replace(/[[\]\\:]/g, (character) => `\\${character}`);
  switch (value.kind) {
    case 'none':
      return `${head}[${quoted(text)}]'`;
    case 'file':
      return `${head}[${quoted(text)}]:file:_files'`;
    case 'words':
      return `${head}[${quoted(text)}]:value:(${value.words.join(' ')})'`;
    case 'text':
      return `${head}[${quoted(text)}]:value: '`;
  }
}

/** Text inside of single quotes. */
function quoted(text: string): string {
  return text.replaceAll("'", String.raw`'\''`);
}
