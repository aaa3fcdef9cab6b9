// The completion script for elvish, with descriptions.
import { allCommands, type CommandNode } from './command-tree.js';

/** Writes the script. */
export function elvishCompletions(root: CommandNode): string {
  const [name = ''] = root.path;
  const commands = allCommands(root);
  return `# elvish completion for ${name}: eval (${name} completions -s elvish | slurp)
use str

set edit:completion:arg-completer[${name}] = {|@words|
    var candidate = {|text description|
        edit:complex-candidate $text &display=$text' '$description
    }
    var children = [
${commands.slice(1).map(({ path }) => `        &'${path.join(' ')}'=$true`).join('\n')}
    ]
    var candidates = [
${commands.map(commandEntry).join('\n')}
    ]
    var path = '${name}'
    for word $words[1..-1] {
        var below = $path' '$word
        if (has-key $children $below) {
            set path = $below
        }
    }
    $candidates[$path]
    if (not (str:has-prefix $words[-1] '-')) {
        edit:complete-filename $words[-1]
    }
}
`;
}

function commandEntry(node: CommandNode): string {
  const commands = node.commands.map(({ path, description }) => candidate(path.at(-1) ?? '', description));
  const options = node.options.flatMap(({ names, description }) => names.map((name) => candidate(name, description)));
  return `        &'${node.path.join(' ')}'={\n${[...commands, ...options].map((line) => `            ${line}`).join('\n')}\n        }`;
}

function candidate(text: string, description: string): string {
  return `$candidate '${text}' '${description.replaceAll("'", "''")}'`;
}
