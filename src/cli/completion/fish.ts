// The completion script for fish.

import type { CompletedCommand, CompletedOption } from './commands.ts';

export function fishScript(commands: readonly CompletedCommand[]): string {
  return `# Completion of millrace for fish.
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

function linesOf({ words, options, subcommands }: CompletedCommand): string[] {
  const where = `complete -c millrace -n "__millrace_command '${words.join(' ')}'"`;
  return [
    ...subcommands.map(({ name, summary }) => `${where} -f -a ${name} -d '${quoted(summary)}'`),
    ...options.map((option) => `${where} ${flagsOf(option)} -d '${quoted(option.summary)}'`),
  ];
}

function flagsOf({ flags, hasValue }: CompletedOption): string {
  const parts = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  return [...parts, ...(hasValue ? ['-r'] : [])].join(' ');
}

function quoted(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
}
