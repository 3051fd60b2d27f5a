// The statements of training sets run with settings that suit them, regardless of those of the server or role.

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { previewDataset } from '../../src/datasets/preview.ts';
import type { Database } from '../../src/postgres/database.ts';
import type { Session } from '../../src/postgres/session.ts';
import { openWorld } from '../support/world.ts';
import { buildSet, temporaryFolder } from './build-world.ts';
import { CHURN, storeShop } from './small-set.ts';

const OTHERS = `set jit = on; set enable_memoize = on; set work_mem = '1MB'; set max_parallel_workers_per_gather = 2`;
const SHOWN = ['jit', 'enable_memoize', 'work_mem', 'max_parallel_workers_per_gather'];

type Seen = { readonly statement: string; readonly settings: Readonly<Record<string, string>> };

/** Sets other settings for each session, and keeps those with which each of its statements would run. */
function watched(database: Database): { readonly database: Database; readonly seen: readonly Seen[] } {
  const seen: Seen[] = [];
  const look = async (statement: string, session: Session) => {
    const [row] = await session.query<Pick<Seen, 'settings'>>(
      `select json_object_agg(name, current_setting(name)) as settings from unnest($1::text[]) name`,
      [SHOWN],
    );
    seen.push({ statement, settings: row?.settings ?? {} });
  };
  const watchedSession = async (session: Session): Promise<Session> => {
    await session.run(OTHERS);
    return {
      ...session,
      run: async (statement, values) => {
        if (isMeasured(`${statement}`)) await look(`${statement}`, session);
        return session.run(statement, values);
      },
      query: async (statement, values) => {
        if (isMeasured(`${statement}`)) await look(`${statement}`, session);
        return session.query(statement, values);
      },
    };
  };
  return {
    seen,
    database: {
      ...database,
      reserve: async (signal) => {
        const reserved = await database.reserve(signal);
        return { ...reserved, session: await watchedSession(reserved.session) };
      },
      session: (work, signal) => database.session(async (session) => work(await watchedSession(session)), signal),
    },
  };
}

/** Sorts the labels, or joins labels with rows of a view. */
function isMeasured(statement: string): boolean {
  return /^create unlogged table|\) joined order by label_id$/.test(statement);
}

describe('buildDataset', () => {
  test('sorts and joins labels without compiling queries, and joins them without a cache of rows', async () => {
    await using world = await openWorld();
    await using folder = await temporaryFolder();
    await storeShop(world);
    const { database, seen } = watched(world.app.database);
    await buildSet(world, CHURN, join(folder.path, 'set'), { database });
    const [staged, ...joined] = seen.filter(({ statement }) => statement.includes(' as'));
    expect(staged?.settings).toMatchObject({ jit: 'off', work_mem: '64MB' });
    // In two sessions.
    const ofJoins = { jit: 'off', enable_memoize: 'off', work_mem: '64MB', max_parallel_workers_per_gather: '0' };
    expect(joined.map(({ settings }) => settings)).toEqual([ofJoins, ofJoins]);
  });
});

describe('previewDataset', () => {
  test('joins labels without compiling queries', async () => {
    await using world = await openWorld();
    await storeShop(world);
    const { database, seen } = watched(world.app.database);
    await previewDataset({ ...world.app, database, dataset: CHURN, rows: 10, signal: new AbortController().signal });
    expect(seen.map(({ settings }) => settings['jit'])).toEqual(['off']);
  });
});
