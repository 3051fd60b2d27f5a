// The engines of tests, and sources over their fixtures.

import { tmpdir } from 'node:os';
import type { Clock } from '../core/clock.ts';
import type { SourceLimits } from '../definition/config.ts';
import type { SqlDialect } from '../definition/query/sql-text.ts';
import type { FeatureView } from '../definition/view.ts';
import type { ViewTest } from '../definition/view-test.ts';
import type { Reads } from '../run/given-checks.ts';
import { openSource } from '../sources/index.ts';
import { openEnginePool } from '../sources/lake/engine/pool.ts';
import { writeParquetFile } from '../sources/lake/write-parquet.ts';
import type { Source } from '../sources/source.ts';
import { openSpool } from '../sources/storage/spool.ts';
import { clickhouseFixtures } from './clickhouse-fixture.ts';
import { type GivenColumn, givenColumns, textOfValue } from './column-types.ts';
import { filesFixtures, type WriteParquet } from './files-fixture.ts';
import type { FixtureKind } from './fixture.ts';
import { mysqlFixtures } from './mysql-fixture.ts';
import { postgresFixtures } from './postgres-fixture.ts';

export type Fixtures = AsyncDisposable & {
  /** A source over the given rows of a test. Its limits are those of the view's source. `dialectOf` is for databases. */
  sourceOf(
    test: ViewTest,
    view: FeatureView,
    dialectOf: (source: string) => SqlDialect,
    limits: SourceLimits,
  ): Promise<Source>;
  /** Evaluates checks in a private Postgres. */
  readonly reads: Reads;
};

const SPOOL_BYTES = 1_073_741_824;
const BATCH_ROWS = 5_000;

export function openFixtures(clock: Clock): Fixtures {
  const resources = new AsyncDisposableStack();
  const engines = resources.use(openEnginePool({ clock, processesMax: 1, ahead: 'none' }));
  const spool = resources.use(openSpool({ folder: tmpdir(), limitBytes: SPOOL_BYTES, clock }));
  const writeParquet: WriteParquet = (path, rows, types) =>
    writeParquetFile(
      engines,
      clock,
      path,
      givenColumns(rows, types).map((column) => parquetColumn(column, rows)),
    );
  const postgres = resources.use(postgresFixtures());
  const kinds: Readonly<Record<SqlDialect, FixtureKind>> = {
    postgres,
    mysql: resources.use(mysqlFixtures()),
    duckdb: resources.use(filesFixtures(writeParquet)),
    clickhouse: resources.use(clickhouseFixtures()),
  };
  return {
    reads: postgres.reads,
    async sourceOf(test, view, dialectOf, limits) {
      const dialect = view.files === null ? dialectOf(view.source) : 'duckdb';
      await using made = new AsyncDisposableStack();
      const fixture = made.use(await kinds[dialect].make(test, view));
      const shared = { ...limits, projectFolder: '/', batchRows: BATCH_ROWS, spool, engines, clock };
      const others = new Map<string, Source>();
      for (const { source: name } of Object.values(view.queried ?? {})) {
        if (others.has(name)) continue;
        const other = made.use(await kinds[dialectOf(name)].make(test, { ...view, files: null }));
        others.set(name, made.use(openSource({ ...shared, url: other.url, name })));
      }
      const source = made.use(
        openSource({ ...shared, url: fixture.url, name: view.source, others: (name) => known(others, name) }),
      );
      const kept = made.move();
      return { ...source, [Symbol.asyncDispose]: () => kept.disposeAsync() };
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

function known(sources: ReadonlyMap<string, Source>, name: string): Source {
  const source = sources.get(name);
  if (source === undefined) throw new RangeError(`no source ${name}`);
  return source;
}

function parquetColumn(column: GivenColumn, rows: Parameters<WriteParquet>[1]) {
  const types = {
    whole: 'bigint',
    number: 'double',
    bool: 'boolean',
    date: 'date',
    time: 'timestamptz',
    json: 'json',
    text: 'varchar',
  };
  const texts = rows.map((row) => textOfValue(row[column.name]));
  return { name: column.name, type: column.type ?? types[column.values.kind], texts };
}
