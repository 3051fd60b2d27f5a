// The completion script for zsh.

import { type CompletedCommand, type CompletedOption, commandCases, valuedOptions } from './commands.ts';
import { NAMES_FUNCTION, shellValues } from './names.ts';

export function zshScript(commands: readonly CompletedCommand[]): string {
  return `#compdef millrace
# Completion of millrace for zsh.
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
${NAMES_FUNCTION}
_millrace() {
  local command="" next="" place project="."
  for ((place = 2; place < CURRENT; place++)); do
    [[ "\${words[place]}" != --project ]] || project="\${words[place+1]/#\\~/$HOME}"
    next="\${command:+$command }\${words[place]}"
    case "$next" in
${commandCases(commands)}
    esac
  done
  case "$command \${words[CURRENT-1]}" in
${valuedOptions(commands)
  .map(({ place, values }) => `    '${place}') compadd -- ${shellValues(values)}; return ;;`)
  .join('\n')}
  esac
  local -a subcommands options
  case "$command" in
${commands.map((command) => `    '${command.words.join(' ')}')\n${choices(command)} ;;`).join('\n')}
  esac
  if (( \${#subcommands} )) && [[ "\${words[CURRENT]}" != -* ]]; then
    _describe 'command' subcommands
  elif [[ "\${words[CURRENT]}" == -* ]]; then
    _describe -o 'option' options
  else
    case "$command" in
${commands.flatMap(argumentCase).join('\n')}
      *) _files ;;
    esac
  fi
}
compdef _millrace millrace
`;
}

function argumentCase({ words, argument }: CompletedCommand): string[] {
  return argument === null ? [] : [`      '${words.join(' ')}') compadd -- ${shellValues(argument)} ;;`];
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
