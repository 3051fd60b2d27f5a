// millrace dashboard hash: prints a password hash to put in the environment.

import type { Command } from 'commander';
import { Failure } from '../../core/failure.ts';
import { hashPassword, PASSWORD_LENGTH_MAX } from '../../dashboard/access/password.ts';
import { EXAMPLE } from '../../definition/rules/url-rules.ts';
import { addCommand, type Cli, type CommonOptions, end } from '../command.ts';
import { DONE, type ExitCode } from '../exit.ts';
import { stopOnSignals } from '../signals.ts';

const PASSWORD_LENGTH_MIN = 12;

export function addDashboardHash(cli: Cli, dashboard: Command): void {
  addCommand(dashboard, {
    usage: 'hash',
    summary: 'Hash a password for use in an environment variable',
    notes: [
      'Asks for the password twice. Without a terminal, reads it from the first line of',
      'input. Put the hash in an environment variable and refer to it in millrace.yaml:',
      `  dashboard: { users: { ada: { role: operator, password: "${EXAMPLE}" } } }`,
    ],
    examples: ['dashboard hash'],
  }).action((_options: CommonOptions, command: { optsWithGlobals(): CommonOptions }) =>
    end(cli, printHash(cli, command.optsWithGlobals())),
  );
}

async function printHash({ terminal }: Cli, { json }: CommonOptions): Promise<ExitCode> {
  using stop = stopOnSignals();
  const password = await askPassword(terminal, stop.signal);
  if (password.length < PASSWORD_LENGTH_MIN || password.length > PASSWORD_LENGTH_MAX) {
    const expected = `expected ${PASSWORD_LENGTH_MIN} to ${PASSWORD_LENGTH_MAX} characters`;
    throw new Failure('ARGUMENT_INVALID', `The password has ${password.length} characters; ${expected}.`);
  }
  const hash = await hashPassword(password);
  if (json) terminal.json({ hash });
  else terminal.line(hash);
  return DONE;
}

async function askPassword(terminal: Cli['terminal'], signal: AbortSignal): Promise<string> {
  const ask = (question: string) =>
    terminal.secret(question, signal).catch((thrown: unknown) => {
      throw new Failure(
        'ARGUMENT_INVALID',
        'No password was entered. Type one, or pass it on standard input.',
        {},
        thrown,
      );
    });
  const password = await ask('Password: ');
  if (!terminal.isTyped) return password;
  if ((await ask('Password again: ')) === password) return password;
  throw new Failure('ARGUMENT_INVALID', 'The passwords do not match. Run the command again.');
}
