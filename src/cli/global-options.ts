// `millrace --project shop --json status` is `millrace status --project shop --json`: the options that every command has may
// stand before its name, too, as with git and kubectl.

import type { Command } from 'commander';

const FLAGS = ['--json', '--debug'];
const WITH_VALUE = '--project';

/**
 * The arguments with such options behind the name of the command that they are for, so that one that is given there as
 * well wins. Arguments without a command stay as they are, but for such options before `--help` or `--version`.
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
  return rest.some((word) => HELP.includes(word)) ? rest : argv;
}

const HELP = ['--help', '-h', '--version', '-V'];

/** How many arguments an option for every command takes from here; 0 where there is none. */
function optionLength(argv: readonly string[], place: number): number {
  const word = argv[place] ?? '';
  if (FLAGS.includes(word) || word.startsWith(`${WITH_VALUE}=`)) return 1;
  return word === WITH_VALUE && place + 1 < argv.length ? 2 : 0;
}
