// One scan of the table for all features of a view, by the plan of each engine.

import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, describe, expect, test } from 'vitest';
import { viewFile } from '../../src/definition/files/view-file.ts';
import { parseView } from '../../src/definition/parse/parse-view.ts';
import { filledQuery } from '../../src/definition/query/offsets.ts';
import type { SqlDialect } from '../../src/definition/query/sql-text.ts';
import { queryOf } from '../../src/definition/query/view-query.ts';
import { openTestDatabase } from '../support/database.ts';
import { mysqlDo } from '../support/mysql.ts';
import { END, loadEngines } from './events.ts';
import { randomEvents, randomFeatures, randomFilter, randomProfiles, seeded } from './random-views.ts';

const random = seeded(2);
const engines = loadEngines(randomEvents(random, 50, END), randomProfiles(random));
afterAll(async () => {
  for (const { source } of await engines) await source[Symbol.asyncDispose]();
});

const FEATURES = [
  { name: 'logins', type: 'int', aggregate: 'count', window: ['1h', '24h', '7d'], where: { event_type: 'login' } },
  { name: 'devices', type: 'int', aggregate: 'count_distinct', column: 'device', window: '7d' },
  { name: 'p90', type: 'float', aggregate: 'percentile', column: 'amount', at: 0.9, window: '7d' },
  { name: 'median', type: 'float', aggregate: 'median', column: 'amount', window: '24h' },
  { name: 'country', type: 'string', aggregate: 'last', column: 'country' },
  { name: 'kyc', type: 'string', aggregate: 'lookup', table: 'profiles', column: 'kyc' },
  { name: 'level', type: 'int', aggregate: 'lookup', table: 'profiles', column: 'level' },
];

type Written = { readonly where?: unknown; readonly features: readonly Record<string, unknown>[] };

/** Views with a lookup and without, as of the test of all engines. */
const GENERATED: readonly Written[] = Array.from({ length: 60 }, () => {
  const where = random.chance(0.3) ? { where: randomFilter(random, 0) } : {};
  return { ...where, features: randomFeatures(random, 'database') };
});

/** The query as of a time, as the engine gets it. */
function sqlOf(dialect: SqlDialect, end: string, { where, features }: Written = { features: FEATURES }): string {
  const keys = { name: 'many', entity: 'user', source: 'shop', kind: 'snapshot', interval: '1h', start: '2026-09-01' };
  const table = { table: 'user_events', entity_id: 'user_id', timestamp: 'event_time' };
  const from = where === undefined ? table : { ...table, where };
  const view = parseView(viewFile.parse({ ...keys, from, features }));
  return filledQuery(queryOf(view, dialect) ?? '', dialect, () => end).text;
}

function lookedUp({ features }: Written): string[] {
  return features.some(({ aggregate }) => aggregate === 'lookup') ? ['profiles'] : [];
}

const scansOf = (plan: string, scan: RegExp) => [...plan.matchAll(scan)].map(([, table]) => table).sort();

describe('declaredSql', () => {
  test('reads each table once in Postgres', async () => {
    const url = (await engines).find(({ name }) => name === 'postgres')?.url ?? '';
    await using database = openTestDatabase(url);
    for (const view of [{ features: FEATURES }, ...GENERATED]) {
      const plan = await database.query(
        `explain (format json) ${sqlOf('postgres', "timestamptz '2026-09-10 00:00+00'", view)}`,
      );
      const scans = scansOf(JSON.stringify(plan), /"Relation Name":"(\w+)"/g);

      expect({ view, scans }).toEqual({ view, scans: [...lookedUp(view), 'user_events'] });
    }
  });

  test('reads each table once in MariaDB', async () => {
    const url = (await engines).find(({ name }) => name === 'mysql')?.url ?? '';
    for (const view of [{ features: FEATURES }, ...GENERATED]) {
      const plan = await mysqlDo(url, `explain ${sqlOf('mysql', "cast('2026-09-10' as datetime(6))", view)}`);
      const scans = plan.flatMap(({ table }) => (/^(?:<.*|facts)$/.test(String(table)) ? [] : [String(table)])).sort();

      expect({ view, scans }).toEqual({ view, scans: [...lookedUp(view).map(() => 'l1'), 't'] });
    }
  });

  test('reads each table once in DuckDB', async () => {
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    await connection.run(
      'create table user_events (user_id text, event_time timestamptz, event_type text, country text, device text, amount double)',
    );
    await connection.run('create table profiles (user_id text, kyc text, level int)');
    const plan = await connection.runAndReadAll(
      `explain (format json) ${sqlOf('duckdb', "timestamptz '2026-09-10 00:00+00'")}`,
    );
    const text = JSON.stringify(plan.getRowsJson());
    connection.closeSync();
    instance.closeSync();

    expect(scansOf(text, /Table\\*":\s*\\*"(?:\w+\.)*(\w+)\\*"/g)).toEqual(['profiles', 'user_events']);
  });
});
