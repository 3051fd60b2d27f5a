// Rows of files in a lake: csv, json and Parquet, queried by DuckDB as the table `files`.

import { Failure } from '../core/failure.ts';
import type { RowBatch } from '../rows/batch.ts';
import { streamedBatches } from './duckdb-rows.ts';
import type { FileLocation } from './file-location.ts';
import { explainLakeError } from './lake-error.ts';
import { listFiles, locationOf, openReading } from './lake-reading.ts';
import { refusedMisfits } from './misfits.ts';
import {
  type Extraction,
  hasSameColumns,
  type Source,
  type SourceKind,
  type SourceOptions,
  unitsOf,
} from './source.ts';

export const lakeSource: SourceKind = {
  name: 'lake',
  schemes: ['file'],
  open: (options) => openedLake(locationOf(options), options),
};

function openedLake(location: FileLocation, options: SourceOptions): Source {
  return {
    async describe(extraction, signal) {
      await using reading = await openReading(location, options, extraction, 'describe', signal);
      return reading.columns.map(({ name, type, nativeType }) => ({ name, type, nativeType }));
    },
    read: (extraction, signal) => readRows(location, options, extraction, signal),
    async unitsWithoutFiles({ view, span }, signal) {
      const without = [];
      for (const unit of span === null ? [] : unitsOf(view, span)) {
        if ((await listFiles(location, view, unit, signal)).length === 0) without.push(unit);
      }
      return without;
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function* readRows(
  location: FileLocation,
  options: SourceOptions,
  extraction: Extraction,
  signal: AbortSignal,
): AsyncGenerator<RowBatch> {
  const { view } = extraction;
  await using reading = await openReading(location, options, extraction, 'read', signal);
  if (!hasSameColumns(extraction, reading.columns)) {
    throw new Failure('FILE_CHANGED', `View ${view.name}: its files were replaced by others with other columns.`);
  }
  try {
    yield* refusedMisfits(view, reading, options.batchRows);
    yield* streamedBatches(reading.engine, reading.query, reading.columns, options.batchRows);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    // What a replaced file made of the query is nobody's fault.
    await reading.readable.requireUnchanged();
    throw await explainLakeError(error, { location, options, view, ...reading });
  }
  await reading.readable.requireUnchanged();
}
