// A project with a view that can be backfilled: two days of hours over the table `orders`, one row in each hour.

import { hostname, userInfo } from 'node:os';
import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { runCommand } from '../../../src/cli/main.ts';
import { openTerminal } from '../../../src/cli/output/terminal.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { type CommandWorld, openCommandWorld } from '../world.ts';

/** A row with the value 0 fails the run that reads it. */
export const ORDERS = `name: orders
entity: customer
source: shop
kind: events
interval: 1h
start: 2026-01-01
end: 2026-01-03
type: int
query: |
  select entity_id, 10 / value as value, at as timestamp from orders where at >= {{start}} and at < {{end}}
`;

/** Deployed, with a stopped database clock. The rows of these hours of the second day are broken. */
export async function openOrders(brokenHours: readonly number[] = [], view = ORDERS): Promise<CommandWorld> {
  const world = await openCommandWorld({ 'features/orders.yaml': view });
  await world.millrace('apply');
  await placeOrders(world, brokenHours);
  return world;
}

/** Stops the clock of the database, and fills the table that the view reads. */
export async function placeOrders(world: CommandWorld, brokenHours: readonly number[]): Promise<void> {
  await world.database.run(
    `create or replace function millrace.now() returns timestamptz language sql volatile
       as $$ select timestamptz '2026-01-05 12:00:00+00' $$`,
  );
  await world.database.run('create table orders (entity_id text, value int, at timestamptz)');
  await world.database.run(
    `insert into orders
       select 'ada', 5, timestamptz '2026-01-01 00:30:00+00' + n * interval '1 h' from generate_series(0, 47) n`,
  );
  await world.database.run(
    `update orders set value = 0 where at >= '2026-01-02' and extract(hour from at at time zone 'UTC')::int = any($1)`,
    [brokenHours],
  );
}

/** Starts the database clock again, which workers need. */
export async function startClock({ database }: CommandWorld): Promise<void> {
  await database.run(
    `create or replace function millrace.now() returns timestamptz language sql volatile as $$ select clock_timestamp() $$`,
  );
}

export async function fixSource({ database }: CommandWorld): Promise<void> {
  await database.run('update orders set value = 5');
}

/** Replaces names of servers, which differ each time. */
export function steady(text: string): string {
  return text.replace(/postgres:\/\/[^)]+/g, '(url)').replaceAll(`${userInfo().username}@${hostname()}`, '(user)');
}

export type OnTerminal = {
  readonly stdin: PassThrough;
  readonly shown: () => string;
  readonly code: Promise<number>;
};

/** A command on an interactive terminal of 100 columns. */
export function onTerminal({ folder, env }: CommandWorld, words: string): OnTerminal {
  const tty = () => Object.assign(new PassThrough(), { isTTY: true, columns: 100 });
  const streams = { stdin: tty(), stdout: tty(), stderr: tty() };
  let text = '';
  for (const stream of [streams.stdout, streams.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
  }
  const all = { ...env, NO_COLOR: '1' };
  const argv = [...words.split(' '), '--project', folder];
  const code = runCommand(argv, { terminal: openTerminal(all, streams), env: all, clock: systemClock });
  // Each redrawn line becomes a separate line here.
  const shown = () => stripVTControlCharacters(text.replaceAll('\u001b[1G', '\n').replaceAll('\r', '\n'));
  return { stdin: streams.stdin, shown, code };
}
