// The commands and options of the program, as completion scripts need them.

import type { Command } from 'commander';
import { argumentValues, optionValues, type Values } from './names.ts';

export type CompletedOption = {
  readonly flags: readonly string[];
  readonly summary: string;
  readonly hasValue: boolean;
  readonly values: Values;
};

export type CompletedCommand = {
  /** The words after `millrace`: empty for the program itself. */
  readonly words: readonly string[];
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  /** The values of its first argument. */
  readonly argument: Values;
  readonly subcommands: readonly { readonly name: string; readonly summary: string }[];
};

/** The program and all of its commands, each with what can follow it. */
export function commandsOf(program: Command, words: readonly string[] = []): CompletedCommand[] {
  const own = {
    words,
    summary: program.description(),
    options: program
      .createHelp()
      .visibleOptions(program)
      .map(({ short, long, description, required, optional }) => ({
        flags: [short, long].filter((flag) => flag !== undefined),
        summary: description,
        hasValue: required || optional,
        values: optionValues(long ?? ''),
      })),
    argument: argumentValues(words, program.registeredArguments[0]?.name() ?? ''),
    subcommands: program.commands.map((one) => ({ name: one.name(), summary: one.description() })),
  };
  return [own, ...program.commands.flatMap((one) => commandsOf(one, [...words, one.name()]))];
}

/** Each option whose values are known, with the words of its command. */
export function valuedOptions(commands: readonly CompletedCommand[]): { place: string; values: NonNullable<Values> }[] {
  return commands.flatMap(({ words, options }) =>
    options.flatMap(({ flags, values }) =>
      values === null ? [] : flags.map((flag) => ({ place: `${words.join(' ')} ${flag}`, values })),
    ),
  );
}

/** The lines of a `case` on the words so far, in bash and zsh: each known command becomes the current one. */
export function commandCases(commands: readonly CompletedCommand[]): string {
  return commands
    .filter(({ words }) => words.length > 0)
    .map(({ words }) => `      '${words.join(' ')}') command="$next" ;;`)
    .join('\n');
}
