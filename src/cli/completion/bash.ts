// The completion script for bash.

import { type CompletedCommand, commandCases } from './commands.ts';

export function bashScript(commands: readonly CompletedCommand[]): string {
  return `# Completion of millrace for bash.
_millrace() {
  local word="\${COMP_WORDS[COMP_CWORD]}" command="" next="" place
  for ((place = 1; place < COMP_CWORD; place++)); do
    next="\${command:+$command }\${COMP_WORDS[place]}"
    case "$next" in
${commandCases(commands)}
    esac
  done
  local choices=""
  case "$command" in
${commands.map((command) => `    '${command.words.join(' ')}') choices='${choicesOf(command)}' ;;`).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$choices" -- "$word"))
}
complete -o default -F _millrace millrace
`;
}

function choicesOf({ options, subcommands }: CompletedCommand): string {
  return [...subcommands.map(({ name }) => name), ...options.flatMap(({ flags }) => flags)].join(' ');
}
