// Writes rows as a Parquet file with DuckDB, for tests of views.

import type { Clock } from '../../core/clock.ts';
import { quotedName, quotedText } from '../formats/quote.ts';
import { openEngine } from './duckdb.ts';
import type { EnginePool } from './engine/pool.ts';

/** A column, its DuckDB type, and the text of each value. */
export type ParquetColumn = {
  readonly name: string;
  readonly type: string;
  readonly texts: readonly (string | null)[];
};

export async function writeParquetFile(
  engines: EnginePool,
  clock: Clock,
  path: string,
  columns: readonly ParquetColumn[],
): Promise<void> {
  await using engine = await openEngine({
    leased: engines.lease('parquet'),
    memoryLimitMb: 256,
    stepTimeoutMs: 30_000,
    clock,
    paths: [path],
    signal: new AbortController().signal,
  });
  const rows = columns[0]?.texts.length ?? 0;
  const definitions = columns.map(({ name, type }) => `${quotedName(name)} ${type}`);
  await engine.run(`create table given (${definitions.join(', ')})`);
  for (let row = 0; row < rows; row += 1) {
    const values = columns.map(({ texts, type }) => {
      const text = texts[row] ?? null;
      return text === null ? 'null' : `cast(${quotedText(text)} as ${type})`;
    });
    await engine.run(`insert into given values (${values.join(', ')})`);
  }
  await engine.run(`copy given to ${quotedText(path)} (format parquet)`);
}
