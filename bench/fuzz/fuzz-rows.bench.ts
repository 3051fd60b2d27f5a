// Fuzzes rows with hostile and very long values: each is accepted or refused, and Postgres stores exactly the accepted
// ones.

import { once } from 'node:events';
import type { ColumnType } from '../../src/feature-types/column-type.ts';
import { identifier } from '../../src/postgres/database.ts';
import type { RowBatch } from '../../src/rows/batch.ts';
import { createRowCheck } from '../../src/rows/check.ts';
import { stagingColumns } from '../../src/rows/layout.ts';
import { startPostgres } from '../../src/servers/servers.ts';
import { layoutOf } from '../../test/rows/checking.ts';
import { chance } from '../../test/sources/lake/fuzzing.ts';
import type { SampleType } from '../../test/support/feature-types.ts';
import { openBenchDatabase } from '../database.ts';
import { hostile, shareOf, watched } from './fuzz.ts';

const ROWS = shareOf(1_000_000);
const BATCH = 500;
const VALUES: Readonly<Record<SampleType, readonly string[]>> = {
  float: ['1.5', '-0', '1e-5', '123456789012345678', 'NaN', '.5', '5e-324'],
  int: ['1', '-9223372036854775808', '1.0', '1e3', '000', '9223372036854775807'],
  decimal: ['1.50', '1e-05', '-0.00', '123456789012345678901234567890.5', '1e+05'],
  string: ['a', 'żółć', '\\N', '\\.', 'tab\tline\n', '🦊'],
  bool: ['true', 'false'],
  json: ['{"a":[1,2,{"b":null}]}', '[[[[1]]]]', '"\\ud83e\\udd8a"', 'null', '1e5', '{"a":1,"a":2}'],
  timestamp: ['2026-01-31 12:00:00+00', '2026-01-31T12:00:00.123456Z', '2026-01-31', '2026-01-31 12:00:00 UTC'],
  'vector(2)': ['[1,2.5]', '[ 1 , 2 ]', '{1,2}'],
};
const COLUMNS: Readonly<Record<string, ColumnType>> = { json: 'json', timestamp: 'text' };

await using postgres = await startPostgres();
await using database = openBenchDatabase(await postgres.createDatabase(), { poolMax: 1, idleInTransactionMs: 600_000 });
const random = chance(7);
const damaged = (of: readonly string[]): string | null => {
  const text = of[Math.floor(random() * of.length)] ?? '';
  if (random() < 0.02) return null;
  return random() < 0.8 ? text : hostile(Buffer.from(text), random).toString('utf8');
};

let read = 0;
let accepted = 0;
await watched('hostile rows', 600, async () => {
  for (const [type, values] of Object.entries(VALUES)) {
    const columnTypes = {
      tie_break: 'decimal' as const,
      ...(COLUMNS[type] === undefined ? {} : { value: COLUMNS[type] }),
    };
    const { view, layout } = layoutOf({ type: type as SampleType, columnTypes }); // the keys of VALUES are feature types
    const check = createRowCheck({ view, layout, range: null, latestAllowedMicros: Infinity });
    const columns = stagingColumns(view, layout).map(({ name, sqlType }) => `${identifier(name)} ${sqlType}`);
    await database.run(`create table ${identifier(type)} (${columns.join(', ')})`);
    const before = accepted;
    for (let left = Math.ceil(ROWS / Object.keys(VALUES).length); left > 0; left -= BATCH) {
      const rows = Math.min(left, BATCH);
      const column = (of: readonly string[]) => Array.from({ length: rows }, () => damaged(of));
      const of: Readonly<Record<string, readonly string[]>> = {
        entity_id: ['17850', 'a b', '17850.0'],
        timestamp: VALUES.timestamp,
        value: values,
        tie_break: VALUES.decimal,
      };
      const batch: RowBatch = { rows, columns: layout.columns.map(({ name }) => column(of[name] ?? [])) };
      const checked = check.check(batch);
      if (checked.accepted + checked.refused.length !== rows) throw new Error('rows were lost');
      read += rows;
      accepted += checked.accepted;
      await database.session(async (session) => {
        const copy = session.copyIn(`copy ${identifier(type)} from stdin`);
        copy.end(checked.text);
        await once(copy, 'finish');
      });
    }
    const [stored] = await database.query<{ rows: number }>(`select count(*) as rows from ${identifier(type)}`);
    if (stored?.rows !== accepted - before)
      throw new Error(`${type}: ${accepted - before} accepted, ${stored?.rows} stored`);
    await database.run(`drop table ${identifier(type)}`);
  }
  return read;
});
process.stdout.write(`  ${read} read, ${accepted} accepted and stored by Postgres, ${read - accepted} refused\n`);
