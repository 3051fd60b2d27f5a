// DuckDB inside an engine process, for one reading: one thread, so that repeated readings give identical results; a memory
// limit and no temporary files. Before the query of a view runs, access is limited to the files of the reading, and settings
// are locked.

import { type DuckDBConnection, DuckDBInstance, type DuckDBPreparedStatement, StatementType } from '@duckdb/node-api';
import type { Column } from '../../../rows/batch.ts';
import { quotedText } from '../../formats/quote.ts';
import { columnFrames, textFrames } from '../duckdb-rows.ts';
import { type TextColumn, textColumn } from '../duckdb-text.ts';
import { NotOneSelect } from './errors.ts';
import type { EngineRequest, Zeros } from './protocol.ts';

type Of<Do extends EngineRequest['do']> = Extract<EngineRequest, { readonly do: Do }>;

export type Session = {
  run(sql: string): Promise<null>;
  rows(sql: string): Promise<(string | null)[][]>;
  lock(): Promise<null>;
  /** @throws NotOneSelect, or DuckDB's error. */
  prepare(query: string, zeros: Zeros): Promise<readonly Column[]>;
  read(batchRows: number): AsyncIterable<Buffer>;
  texts(request: Of<'texts'>): AsyncIterable<Buffer>;
  close(): void;
};

/** One session at a time, each with a new database. The next database is created ahead of its use. */
export function sessions(): { open(request: Of<'open'>): Promise<Session> } {
  let made = makeDatabase();
  return {
    async open(request) {
      const database = await made;
      return openSession(database, request, () => {
        made = makeDatabase();
      });
    },
  };
}

type MadeDatabase = { readonly instance: DuckDBInstance; readonly connection: DuckDBConnection };

async function makeDatabase(): Promise<MadeDatabase> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    temp_directory: '',
    preserve_insertion_order: 'true',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
  });
  const connection = await instance.connect();
  await connection.run("set TimeZone = 'UTC'");
  return { instance, connection };
}

async function openSession(
  { instance, connection }: MadeDatabase,
  { memoryLimitMb, paths }: Of<'open'>,
  closed: () => void,
): Promise<Session> {
  let prepared: { query: string; columns: readonly TextColumn[] } | null = null;
  const session: Session = {
    async run(sql) {
      await connection.run(sql);
      return null;
    },
    rows: async (sql) => (await connection.runAndReadAll(sql)).getRows() as (string | null)[][],
    async lock() {
      await connection.run('set enable_external_access = false');
      await connection.run('set lock_configuration = true');
      return null;
    },
    async prepare(query, zeros) {
      const columns = await preparedColumns(connection, query, zeros);
      prepared = { query, columns };
      return columns.map(({ name, type, nativeType }) => ({ name, type, nativeType }));
    },
    read(batchRows) {
      if (prepared === null) throw new Error('no query is prepared');
      return columnFrames(connection, prepared.query, prepared.columns, batchRows);
    },
    texts: ({ sql, columnCount, batchRows }) => textFrames(connection, sql, columnCount, batchRows),
    close() {
      connection.closeSync();
      instance.closeSync();
      closed();
    },
  };
  await session.run(`set memory_limit = '${memoryLimitMb}MB'`);
  await session.run(`set allowed_paths = [${paths.map(quotedText).join(', ')}]`);
  return session;
}

async function preparedColumns(connection: DuckDBConnection, query: string, zeros: Zeros): Promise<TextColumn[]> {
  const prepared = await preparedSelect(connection, query);
  const columns = Array.from({ length: prepared.columnCount }, (_, index) =>
    textColumn(prepared.columnName(index), prepared.columnType(index), zeros),
  );
  prepared.destroySync();
  return columns;
}

async function preparedSelect(connection: DuckDBConnection, text: string): Promise<DuckDBPreparedStatement> {
  // DuckDB reports no error for a string without a statement.
  if (text.trim() === '') throw new NotOneSelect('is empty');
  const statements = await connection.extractStatements(text);
  if (statements.count !== 1) throw new NotOneSelect(`has ${statements.count} statements`);
  const prepared = await statements.prepare(0);
  if (prepared.statementType !== StatementType.SELECT) throw new NotOneSelect('is not a SELECT');
  if (prepared.parameterCount > 0)
    throw new NotOneSelect('has parameters such as $1 or ?, which are not supported; use {{start}} and {{end}}');
  return prepared;
}
