// The completion script for fish, with descriptions.
import { allCommands, type CommandNode, type OptionNode } from './command-tree.js';

/** Writes the script. */
export function fishCompletions(root: CommandNode): string {
  const [name = ''] = root.path;
  const commands = allCommands(root);
  return `# fish completion for ${name}: ${name} completions -s fish | source
function __${name}_path
    set -l path ${name}
    for word in (commandline -opc)[2..-1]
        switch "$path $word"
${commands.slice(1).map(({ path }) => `            case '${path.join(' ')}'\n                set path '${path.join(' ')}'`).join('\n')}
        end
    end
    echo $path
end

complete -c ${name} -f
${commands.flatMap((node) => lines(name, node)).join('\n')}
`;
}

function lines(program: string, node: CommandNode): readonly string[] {
  const start = `complete -c ${program} -n 'test (__${program}_path) = "${node.path.join(' ')}"'`;
  return [
    ...node.commands.map(({ path, description }) => `${start} -a ${path.at(-1) ?? ''} -d ${quoted(description)}`),
    ...(node.arguments.length > 0 ? [`${start} -F`] : []),
    ...node.options.map((option) => `${start} ${optionWords(option)} -d ${quoted(option.description)}`),
  ];
}

function optionWords({ names, value }: OptionNode): string {
  const spelled = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  switch (value.kind) {
    case 'none':
      return spelled.join(' ');
    case 'file':
      return [...spelled, '-r -F'].join(' ');
    case 'words':
      return [...spelled, `-x -a ${quoted(value.words.join(' '))}`].join(' ');
    case 'text':
      return [...spelled, '-x'].join(' ');
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
