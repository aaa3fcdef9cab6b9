// The completion script for PowerShell, with descriptions.
import { allCommands, type CommandNode } from './command-tree.js';

/** Writes the script. */
export function powershellCompletions(root: CommandNode): string {
  const [name = ''] = root.path;
  const commands = allCommands(root);
  return `# PowerShell completion for ${name}: ${name} completions -s powershell | Out-String | Invoke-Expression
using namespace System.Management.Automation

Register-ArgumentCompleter -Native -CommandName '${name}' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $path = '${name}'
    foreach ($element in $commandAst.CommandElements | Select-Object -Skip 1) {
        if ($element.Extent.EndOffset -ge $cursorPosition) { break }
        switch -CaseSensitive ("$path $element") {
${commands.slice(1).map(({ path }) => `            '${path.join(' ')}' { $path = '${path.join(' ')}' }`).join('\n')}
        }
    }
    $completions = @(switch ($path) {
${commands.map(commandCase).join('\n')}
    })
    $completions.Where({ $_.CompletionText -like "$wordToComplete*" })
}
`;
}

function commandCase(node: CommandNode): string {
  const commands = node.commands.map(({ path, description }) => result(path.at(-1) ?? '', 'ParameterValue', description));
  const options = node.options.flatMap(({ names, description }) => names.map((name) => result(name, 'ParameterName', description)));
  return `        '${node.path.join(' ')}' {\n${[...commands, ...options].map((line) => `            ${line}`).join('\n')}\n            break\n        }`;
}

function result(text: string, kind: string, description: string): string {
  return `[CompletionResult]::new('${text}', '${text}', [CompletionResultType]::${kind}, '${description.replaceAll("'", "''")}')`;
}
