// Rows of CSV, JSON and Parquet files, queried with DuckDB as the table `files`.

import { Failure } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import type { RowBatch } from '../../rows/batch.ts';
import { refusedTypeErrors } from '../formats/type-errors.ts';
import { type Extraction, hasSameColumns, type Source, type SourceKind, type SourceOptions } from '../source.ts';
import type { FileLocation } from '../storage/file-location.ts';
import { placeOf, STORE_SCHEMES } from '../storage/place.ts';
import { explainLakeError } from './error.ts';
import { type LakeReading, openReading as openLakeReading } from './reading.ts';
import { filesOfUnits } from './units-look.ts';

export const lakeSource: SourceKind = {
  name: 'lake',
  schemes: ['file', ...STORE_SCHEMES],
  needs: 'files',
  dialect: 'duckdb',
  open: (options) => lakeOver(placeOf(options), options),
};

/** A name that no file has: its listing is one small request. */
const PROBED = '.millrace-probe';

/** The source over the files of a location, which it closes when it is disposed of. */
export function lakeOver(location: FileLocation, options: SourceOptions): Source {
  return {
    probe: async (signal) => void (await location.list([PROBED], signal)),
    async describe(extraction, signal) {
      await using reading = await openLakeReading(location, options, extraction, 'describe', signal);
      return reading.columns;
    },
    async *read(extraction, signal) {
      await using reading = await openLakeReading(location, options, extraction, 'read', signal);
      if (!hasSameColumns(extraction, reading.columns)) throw otherColumns(extraction);
      yield* rowsOf({ location, options, extraction, reading, signal });
    },
    async open(extraction, signal) {
      const reading = await openLakeReading(location, options, extraction, 'read', signal);
      return {
        columns: reading.columns,
        files: reading.readable.files,
        notes: [...reading.notes, ...reading.tables.flatMap(({ table }) => table.notes)],
        rows: () => rowsOf({ location, options, extraction, reading, signal }),
        [Symbol.asyncDispose]: () => reading[Symbol.asyncDispose](),
      };
    },
    filesOfUnits: (view, spans, signal) => filesOfUnits(location, view, spans, signal),
    [Symbol.asyncDispose]: () => location[Symbol.asyncDispose](),
  };
}

function otherColumns({ view }: Extraction): Failure {
  return new Failure(
    'FILE_CHANGED',
    text`View ${safe(view.name)}: its files were replaced by files with different columns.`,
  );
}

type StartedReading = {
  readonly location: FileLocation;
  readonly options: SourceOptions;
  readonly extraction: Extraction;
  readonly reading: LakeReading;
  readonly signal: AbortSignal;
};

async function* rowsOf({ location, options, extraction, reading, signal }: StartedReading): AsyncGenerator<RowBatch> {
  const { view } = extraction;
  try {
    yield* refusedTypeErrors(view, reading, options.batchRows);
    yield* reading.engine.preparedBatches(options.batchRows);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    // If a file was replaced, the error may be a result of that.
    await reading.readable.requireUnchanged();
    throw await explainLakeError(error, { location, options, view, ...reading });
  }
  await reading.readable.requireUnchanged();
}
