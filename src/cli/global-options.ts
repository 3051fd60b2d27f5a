// `millrace --project shop --json status` equals `millrace status --project shop --json`: as with git and kubectl, the
// common options may also precede the command.

import type { Command } from 'commander';

const FLAGS = ['--json', '--debug'];
const WITH_VALUE = '--project';

/**
 * Moves leading common options behind the name of the command, so that options given there take precedence. Without a
 * command the arguments stay as they are, except that common options before `--help`, `--version` or another word are
 * dropped: the message is then about that word.
 */
export function behindCommand(program: Command, argv: readonly string[]): readonly string[] {
  const options: string[] = [];
  const names: string[] = [];
  let command = program;
  let place = 0;
  while (place < argv.length) {
    const length = optionLength(argv, place);
    const next = length > 0 ? undefined : command.commands.find((one) => one.name() === argv[place]);
    if (length === 0 && next === undefined) break;
    if (next === undefined) options.push(...argv.slice(place, place + length));
    else names.push(next.name());
    command = next ?? command;
    place += Math.max(1, length);
  }
  const rest = argv.slice(place);
  if (names.length > 0) return [...names, ...options, ...rest];
  const isWord = rest[0]?.startsWith('-') === false;
  return isWord || rest.some((word) => HELP.includes(word)) ? rest : argv;
}

const HELP = ['--help', '-h', '--version', '-V'];

/** The number of arguments of a common option at this place; 0 if there is none. */
function optionLength(argv: readonly string[], place: number): number {
  const word = argv[place] ?? '';
  if (FLAGS.includes(word) || word.startsWith(`${WITH_VALUE}=`)) return 1;
  return word === WITH_VALUE && place + 1 < argv.length ? 2 : 0;
}
