// The completion script for bash.

import { type CompletedCommand, commandCases, valuedOptions } from './commands.ts';
import { NAMES_FUNCTION, shellValues } from './names.ts';

export function bashScript(commands: readonly CompletedCommand[]): string {
  return `# Completion of millrace for bash.
${NAMES_FUNCTION}
_millrace() {
  local word="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" prefix="" command="" next="" place project="."
  for ((place = 1; place < COMP_CWORD; place++)); do
    [[ "\${COMP_WORDS[place]}" != --project ]] || project="\${COMP_WORDS[place+1]/#\\~/$HOME}"
    next="\${command:+$command }\${COMP_WORDS[place]}"
    case "$next" in
${commandCases(commands)}
    esac
  done
  # bash splits tag:NAME at the colon, and replaces only what is behind it.
  if [[ "$word" == ":" ]]; then prefix="$previous:"; word=""
  elif [[ "$previous" == ":" ]]; then prefix="\${COMP_WORDS[COMP_CWORD-2]}:"
  fi
  local choices=""
  case "$command $previous" in
${valuedOptions(commands)
  .map(({ place, values }) => `    '${place}') choices="${shellValues(values)}" ;;`)
  .join('\n')}
    *) case "$command" in
${commands.map(choicesOf).join('\n')}
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$choices" -- "$prefix$word"))
  COMPREPLY=("\${COMPREPLY[@]#"$prefix"}")
}
complete -o default -F _millrace millrace
`;
}

function choicesOf({ words, options, subcommands, argument }: CompletedCommand): string {
  const fixed = [...subcommands.map(({ name }) => name), ...options.flatMap(({ flags }) => flags)].join(' ');
  const named = argument === null ? '' : ` [[ "$word" == -* ]] || choices="$choices ${shellValues(argument)}"`;
  return `    '${words.join(' ')}') choices='${fixed}'${named === '' ? '' : `;${named}`} ;;`;
}
