// The servers of `dev --local` after their process was killed while it started them.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { startLocalServers } from '../../src/servers/servers.ts';
import { openTestDatabase } from '../support/database.ts';
import { until } from '../support/until.ts';

const HOLDER = fileURLToPath(new URL('./local-holder.ts', import.meta.url));

type Progress = { readonly postgres: readonly string[]; readonly servers: readonly string[]; readonly output: string };

test.each([
  [
    'while initdb creates the cluster',
    ({ postgres }: Progress) => postgres.some((name) => name.startsWith('unfinished')),
  ],
  ['while Postgres starts', ({ postgres }: Progress) => postgres.includes('data')],
  ['while Redis starts', ({ servers }: Progress) => servers.includes('redis-queue')],
  ['with all servers running', ({ output }: Progress) => output === 'ready\n'],
])('start again after their process was killed %s', async (_, isMoment) => {
  const project = mkdtempSync(join(tmpdir(), 'millrace-project-'));
  onTestFinished(() => rmSync(project, { recursive: true, force: true }));
  const holder = spawn(process.execPath, [HOLDER, project], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void holder.kill('SIGKILL'));
  let output = '';
  holder.stdout.on('data', (bytes: Buffer) => {
    output += bytes.toString();
  });
  await until(() => isMoment({ ...foldersIn(project), output }));

  holder.kill('SIGKILL');

  await using servers = await startLocalServers(project);
  onTestFinished(() => rmSync(servers.dataFolder, { recursive: true, force: true }));
  await using database = openTestDatabase(servers.postgres.url);
  expect(await database.query('select 1 as n')).toEqual([{ n: 1 }]);
  expect(foldersIn(project).postgres).toEqual(['data', 'postgres.log']);
});

/** What the holder has created: in the project, or in the folder that the project links to. */
function foldersIn(project: string): Omit<Progress, 'output'> {
  const own = join(project, '.millrace');
  const data = existsSync(join(own, 'data')) ? join(own, 'data') : own;
  return { servers: namesIn(data), postgres: namesIn(join(data, 'postgres')) };
}

const namesIn = (folder: string) => (existsSync(folder) ? readdirSync(folder).toSorted() : []);
