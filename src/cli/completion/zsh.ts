// The completion script for zsh.

import { type CompletedCommand, type CompletedOption, commandCases } from './commands.ts';

export function zshScript(commands: readonly CompletedCommand[]): string {
  return `#compdef millrace
# Completion of millrace for zsh.
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
_millrace() {
  local command="" next="" place
  for ((place = 2; place < CURRENT; place++)); do
    next="\${command:+$command }\${words[place]}"
    case "$next" in
${commandCases(commands)}
    esac
  done
  local -a subcommands options
  case "$command" in
${commands.map((command) => `    '${command.words.join(' ')}')\n${choices(command)} ;;`).join('\n')}
  esac
  if (( \${#subcommands} )) && [[ "\${words[CURRENT]}" != -* ]]; then
    _describe 'command' subcommands
  elif [[ "\${words[CURRENT]}" == -* ]]; then
    _describe -o 'option' options
  else
    _files
  fi
}
compdef _millrace millrace
`;
}

function choices({ options, subcommands }: CompletedCommand): string {
  return [
    `      subcommands=(${subcommands.map(({ name, summary }) => item(name, summary)).join(' ')})`,
    `      options=(${options.flatMap(itemsOf).join(' ')})`,
  ].join('\n');
}

function itemsOf({ flags, summary }: CompletedOption): string[] {
  return flags.map((flag) => item(flag, summary));
}

/** One entry of an array for _describe. */
function item(name: string, summary: string): string {
  const escaped = summary.replaceAll('\\', '').replaceAll(':', '\\:').replaceAll("'", "'\\''");
  return `'${name}:${escaped}'`;
}
