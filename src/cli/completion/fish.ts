// The completion script for fish.

import type { CompletedCommand, CompletedOption } from './commands.ts';
import { NAME_COMMANDS, type Values } from './names.ts';

export function fishScript(commands: readonly CompletedCommand[]): string {
  return `# Completion of millrace for fish.
function __millrace_names
  set -l project .
  set -l words (commandline -opc)
  for place in (seq (count $words))
    if test "$words[$place]" = --project; and test $place -lt (count $words)
      set project (string replace -r '^~' $HOME -- $words[(math $place + 1)])
    end
  end
  for kind in $argv
    switch $kind
${Object.entries(NAME_COMMANDS)
  .map(([kind, command]) => `      case ${kind}\n        ${command} 2>/dev/null`)
  .join('\n')}
    end
  end
end
function __millrace_command
  set -l command ""
  for word in (commandline -opc)[2..-1]
    set -l next (string trim -- "$command $word")
    switch "$next"
${commands
  .filter(({ words }) => words.length > 0)
  .map(({ words }) => `      case '${words.join(' ')}'\n        set command "$next"`)
  .join('\n')}
    end
  end
  test "$command" = "$argv[1]"
end
complete -c millrace -e
${commands.flatMap(linesOf).join('\n')}
`;
}

function linesOf({ words, options, subcommands, argument }: CompletedCommand): string[] {
  const where = `complete -c millrace -n "__millrace_command '${words.join(' ')}'"`;
  return [
    ...(argument === null ? [] : [`${where} -f -a ${choicesOf(argument)}`]),
    ...subcommands.map(({ name, summary }) => `${where} -f -a ${name} -d '${quoted(summary)}'`),
    ...options.map((option) => `${where} ${flagsOf(option)} -d '${quoted(option.summary)}'`),
  ];
}

function choicesOf(values: NonNullable<Values>): string {
  return 'names' in values ? `'(__millrace_names ${values.names.join(' ')})'` : `'${values.words.join(' ')}'`;
}

function flagsOf({ flags, hasValue, values }: CompletedOption): string {
  const parts = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  const value = values === null ? ['-r'] : ['-x', '-a', choicesOf(values)];
  return [...parts, ...(hasValue ? value : [])].join(' ');
}

function quoted(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
}
