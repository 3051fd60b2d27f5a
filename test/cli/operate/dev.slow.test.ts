// millrace dev, as used by the author of a view at a terminal.

import { rm } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { runCommand } from '../../../src/cli/main.ts';
import { openTerminal } from '../../../src/cli/output/terminal.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { until } from '../../support/until.ts';
import { type CommandWorld, openCommandWorld, SPEND, startMillrace } from '../world.ts';

const EDITED = SPEND.replace('value,', 'value * 2 as value,');
const MORE = SPEND.replace('name: spend', 'name: more');

type Dev = AsyncDisposable & { type(text: string): void; shown(): string };

/** `millrace dev` in this process, at a terminal. */
function startDev({ folder, env }: CommandWorld): Dev {
  const tty = () => Object.assign(new PassThrough(), { isTTY: true });
  const streams = { stdin: tty(), stdout: tty(), stderr: tty() };
  let text = '';
  const keep = (chunk: Buffer) => {
    text += chunk.toString();
  };
  streams.stdout.on('data', keep);
  streams.stderr.on('data', keep);
  const terminal = openTerminal({ NO_COLOR: '1' }, streams);
  const ended = runCommand(['dev', '--project', folder], { terminal, env, clock: systemClock });
  return {
    type: (typed) => void streams.stdin.write(`${typed}\n`),
    shown: () => stripVTControlCharacters(text).replaceAll('\r', ''),
    [Symbol.asyncDispose]: async () => {
      process.emit('SIGINT');
      expect(await ended).toBe(0);
    },
  };
}

async function isStored(world: CommandWorld, view: string, value: number): Promise<boolean> {
  const { stdout } = await world.millrace(`get ${view} ada --json`);
  return stdout.includes(`: ${value}\n`);
}

describe('dev', () => {
  test('asks how to deploy an edit, and runs everything else in the meantime', async () => {
    const world = await openCommandWorld();
    await world.millrace('run spend --here');
    await world.write({ 'features/spend.yaml': EDITED });
    await using dev = startDev(world);
    await until(() => dev.shown().includes('What should happen to the stored rows of spend?'));
    expect(dev.shown()).toContain('so it does not run until you decide what\n');
    await world.write({ 'features/more.yaml': MORE });
    await until(() => isStored(world, 'more', 1.5));
    expect(await isStored(world, 'spend', 1.5)).toBe(true);
    await until(() => dev.shown().split('All other views keep running.').length === 3);
    dev.type('r');
    await until(() => isStored(world, 'spend', 3));
  });

  test('asks again if an answer is refused', async () => {
    const world = await openCommandWorld({ 'features/spend.yaml': `complete: true\n${SPEND}` });
    await world.millrace('run spend --here');
    await world.write({ 'features/spend.yaml': `complete: true\n${EDITED.replace('interval: 1d', 'interval: 12h')}` });
    await using dev = startDev(world);
    const questions = () => dev.shown().split('All other views keep running.').length - 1;
    await until(() => questions() === 1);
    dev.type('forward-only');
    await until(() => dev.shown().includes('spend is a complete view, and this edit changes its interval'));
    await until(() => questions() === 2);
    dev.type('restate');
    await until(() => isStored(world, 'spend', 3));
  });

  test('withdraws the question when the edit is deployed elsewhere', async () => {
    const world = await openCommandWorld();
    await world.millrace('run spend --here');
    await world.write({ 'features/spend.yaml': EDITED });
    await using dev = startDev(world);
    await until(() => dev.shown().includes('What should happen to the stored rows of spend?'));
    expect((await world.millrace('apply spend --equivalent')).code).toBe(0);
    await until(() => dev.shown().includes('spend was deployed by another command.'));
  });

  test('serves the dashboard on one port, with all permissions', async () => {
    const world = await openCommandWorld();
    await using dev = startDev(world);
    const urls = () => [...dev.shown().matchAll(/^Dashboard: (\S+)$/gm)].map(([, url]) => url ?? '');
    await until(() => urls().length === 1);
    const [url = ''] = urls();
    const look = async () => (await fetch(url).catch(() => null))?.text();
    expect(await look()).toContain('<p class="who">operator</p>');
    await world.write({ 'features/more.yaml': MORE });
    await until(async () => (await look())?.includes('>more<') === true);
    expect(urls()).toEqual([url]);
  });

  test('keeps the previous version running while a file is broken', async () => {
    const world = await openCommandWorld();
    await using dev = startDev(world);
    await until(() => isStored(world, 'spend', 1.5));
    await world.write({ 'features/spend.yaml': `intervall: 2d\n${SPEND}` });
    await until(() => dev.shown().includes('The saved files are invalid, so the previous version keeps running.\n'));
    expect(dev.shown()).toContain('features/spend.yaml:1:1: unknown key `intervall`; did you mean `interval`?\n');
    expect((await world.database.query(`select distinct kind from millrace.process order by kind`)).length).toBe(2);
    await world.write({ 'features/spend.yaml': SPEND, 'features/more.yaml': MORE });
    await until(() => isStored(world, 'more', 1.5));
  });

  test('--local refuses to start twice for a project', async () => {
    const { folder, env } = await openCommandWorld();
    const first = startMillrace(folder, 'dev --local', { SHOP_DATABASE_URL: env['SHOP_DATABASE_URL'] });
    await until(() => first.output().includes('Private servers'));
    expect(await startMillrace(folder, 'dev --local', { SHOP_DATABASE_URL: env['SHOP_DATABASE_URL'] }).ended).toEqual({
      code: 3,
      stdout: '',
      stderr:
        '"millrace dev --local" is already running for this project: use the export lines that it printed, or stop it.\n',
    });
    first.kill('SIGINT');
    expect((await first.ended).code).toBe(0);
    // The data is elsewhere if the account of the servers cannot access the project folder.
    const data = /Data folder: (\S+)\n/.exec(first.output())?.[1] ?? '';
    expect(data).not.toBe('');
    await rm(data, { recursive: true, force: true });
  });
});
