// millrace completion: prints a script that completes commands, options and names in a shell.

import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import { addCommand, type Cli, end } from '../command.ts';
import { DONE, type ExitCode } from '../exit.ts';
import { bashScript } from './bash.ts';
import { type CompletedCommand, commandsOf } from './commands.ts';
import { fishScript } from './fish.ts';
import { zshScript } from './zsh.ts';

const SCRIPTS: Readonly<Record<string, (commands: readonly CompletedCommand[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

export function addCompletion(cli: Cli): void {
  addCommand(cli.program, {
    usage: 'completion <shell>',
    summary: 'Print a completion script for bash, zsh or fish',
    notes: [
      'Add the script to the startup file of your shell, as in the examples. It also',
      "completes the names of the project's views, tags, sources and training sets.",
    ],
    hasJson: false,
    examples: [
      `completion bash >> ~/.bashrc`,
      `completion zsh >> ~/.zshrc`,
      `completion fish > ~/.config/fish/completions/millrace.fish`,
    ],
  }).action((shell: string) => end(cli, completion(cli, shell)));
}

async function completion(cli: Cli, shell: string): Promise<ExitCode> {
  const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
  if (script === undefined) {
    const known = Object.keys(SCRIPTS).join(', ');
    throw new Failure('ARGUMENT_INVALID', text`Unknown shell "${shell}": expected one of ${safe(known)}.`);
  }
  cli.terminal.help(script(commandsOf(cli.program)));
  return DONE;
}
