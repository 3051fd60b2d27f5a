// millrace api token: prints a new token and its hash.

import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { hashOfToken, tokenOf } from '../../api/access/token.ts';
import { EXAMPLE } from '../../definition/rules/url-rules.ts';
import { addCommand, type Cli, type CommonOptions, end } from '../command.ts';
import { DONE, type ExitCode } from '../exit.ts';

const TOKEN_BYTES = 32;

export function addApiToken(cli: Cli, api: Command): void {
  addCommand(api, {
    usage: 'token',
    summary: 'Print a new token and its hash',
    notes: [
      'Give the token to the client, which sends it as "Authorization: Bearer TOKEN".',
      'Put the hash in an environment variable and refer to it in millrace.yaml:',
      `  api: { tokens: { checkout: { role: read, hash: "${EXAMPLE}" } } }`,
      'The token is not stored anywhere. If you lose it, create a new one.',
    ],
    examples: ['api token', 'api token --json'],
  }).action((_options: CommonOptions, command: { optsWithGlobals(): CommonOptions }) =>
    end(cli, printToken(cli, command.optsWithGlobals())),
  );
}

async function printToken({ terminal }: Cli, { json }: CommonOptions): Promise<ExitCode> {
  const token = tokenOf(randomBytes(TOKEN_BYTES));
  const hash = hashOfToken(token);
  if (json) terminal.json({ token, hash });
  else {
    terminal.line(`token  ${token}`);
    terminal.line(`hash   ${hash}`);
  }
  return DONE;
}
