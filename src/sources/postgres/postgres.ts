// Rows of a Postgres query: described with the extended protocol, then streamed with COPY or a cursor, with exactly the same
// text.

import { Failure, messageOf, wordsOf } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import { withoutSecrets } from '../../core/url.ts';
import { copiedRows } from '../../postgres/copy.ts';
import { type Database, openDatabase } from '../../postgres/database.ts';
import { codeOf } from '../../postgres/failure.ts';
import type { ReservedSession } from '../../postgres/reserve.ts';
import type { Session } from '../../postgres/session.ts';
import type { RowBatch } from '../../rows/batch.ts';
import { FIELD_CHARACTERS_MAX } from '../../rows/begun-line.ts';
import { createPlaces } from '../places.ts';
import { columnsChanged, notOneSelect, rejected, stoppedWithoutWords, timedOut } from '../query-failures.ts';
import { placeInQuery, renderedQuery, requireQuery } from '../query-text.ts';
import { watched } from '../silence.ts';
import {
  type Extraction,
  hasSameColumns,
  type Reading,
  type Source,
  type SourceKind,
  type SourceOptions,
} from '../source.ts';
import { CURSOR_START, cursorRows } from './cursor.ts';
import { openBefore } from './safe-bound.ts';
import { beginReading, endReading } from './transaction.ts';
import { type BuiltInTypes, type PostgresColumn, postgresColumns } from './type.ts';

const COPY_START = 'copy (';

export const postgresSource: SourceKind = {
  name: 'postgres',
  schemes: ['postgres', 'postgresql'],
  needs: 'query',
  dialect: 'postgres',
  open: (options) => {
    const label = `source ${options.name} (${withoutSecrets(options.url)})`;
    const { renewed } = options;
    const database = openDatabase({
      url: options.url,
      ...(renewed === undefined ? {} : { renewedUrl: async () => (await renewed()).url }),
      role: {
        label,
        unavailable: 'SOURCE_UNAVAILABLE',
        denied: 'SOURCE_DENIED',
        poolKey: 'pool_max',
        ...(renewed === undefined ? {} : { login: 'SOURCE_CREDENTIALS' }),
      },
      poolMax: options.poolMax,
      connectTimeoutMs: options.connectTimeoutMs,
      idleInTransactionMs: null,
      applicationName: `millrace source ${options.name}`,
    });
    return openedSource({ database, places: createPlaces(options.poolMax), types: new Map(), label, options });
  },
};

type Opened = {
  readonly database: Database;
  /** As many as connections: the pool would reject a caller that waits as long as a connection may take to open. */
  readonly places: ReturnType<typeof createPlaces>;
  readonly types: BuiltInTypes;
  readonly label: string;
  readonly options: SourceOptions;
};

function openedSource(opened: Opened): Source {
  return {
    async probe(signal) {
      await using taken = await takeConnection(opened, signal);
      try {
        await taken.reserved.session.query('select 1');
      } catch (error) {
        throw taken.reserved.explain(error);
      }
    },
    async describe(extraction, signal) {
      await using held = await holdConnection(opened, extraction, signal);
      const columns = await begun(held, opened, extraction, textOf(extraction));
      await held.unlessSilent(() => endReading(held.reserved));
      return columns.map(({ name, type, nativeType }) => ({ name, type, nativeType }));
    },
    open: (extraction, signal) => openReading(opened, extraction, signal),
    read: (extraction, signal) => readRows(opened, extraction, signal),
    async mustWait(extraction, signal) {
      const { span } = extraction;
      if (span === null) return null;
      await using held = await holdConnection(opened, extraction, signal);
      const { reserved, unlessSilent } = held;
      try {
        return await unlessSilent(() => openBefore(reserved.session, span.end, opened.label));
      } catch (error) {
        throw reserved.explain(error);
      }
    },
    [Symbol.asyncDispose]: () => opened.database[Symbol.asyncDispose](),
  };
}

async function* readRows(opened: Opened, extraction: Extraction, signal: AbortSignal): AsyncGenerator<RowBatch> {
  await using reading = await openReading(opened, extraction, signal);
  if (!hasSameColumns(extraction, reading.columns)) throw columnsChanged(opened, extraction.view);
  yield* reading.rows();
}

/** Describes the query and reads its rows in the same transaction. */
async function openReading(opened: Opened, extraction: Extraction, signal: AbortSignal): Promise<Reading> {
  const text = textOf(extraction);
  await using opening = new AsyncDisposableStack();
  const held = opening.use(await holdConnection(opened, extraction, signal));
  const columns = await begun(held, opened, extraction, text);
  const kept = opening.move();
  return {
    columns,
    files: null,
    rows: () => rowsOf(held, opened, extraction, columns),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function begun(
  { reserved, unlessSilent }: Held,
  opened: Opened,
  extraction: Extraction,
  text: string,
): Promise<PostgresColumn[]> {
  try {
    await unlessSilent(() => beginReading(reserved, opened.options));
    return await unlessSilent(() => described(reserved, opened, extraction, text));
  } catch (error) {
    throw reserved.explain(error);
  }
}

/** Gives the connection back after the last row: the caller may take long to store them. */
async function* rowsOf(
  { reserved, unlessSilent, [Symbol.asyncDispose]: giveBack }: Held,
  opened: Opened,
  extraction: Extraction,
  columns: readonly PostgresColumn[],
): AsyncGenerator<RowBatch> {
  const { options } = opened;
  const text = textOf(extraction);
  try {
    const rows = openRows(reserved.session, text, columns.length, options);
    try {
      for (;;) {
        const next = await unlessSilent(() => rows.next());
        if (next.done) break;
        yield converted(next.value, columns);
      }
    } finally {
      await rows.return(undefined);
    }
    await unlessSilent(() => endReading(reserved));
    await giveBack();
  } catch (error) {
    const start = options.readWith === 'cursor' ? CURSOR_START : COPY_START;
    throw explained(reserved.explain(error), opened, extraction, text, start.length);
  }
}

function openRows(
  session: Session,
  text: string,
  columnCount: number,
  options: SourceOptions,
): AsyncGenerator<RowBatch> {
  const limits = { batchRows: options.batchRows, fieldCharacters: FIELD_CHARACTERS_MAX };
  if (options.readWith === 'cursor') return cursorRows(session, text, columnCount, { ...options, ...limits });
  // The newline ends a comment at the end of the text.
  return copiedRows(session.copyOut(`${COPY_START}${text}\n) to stdout`), columnCount, limits);
}

type Taken = AsyncDisposable & { readonly reserved: ReservedSession };

/** Waits for a place, then for a connection. May be disposed repeatedly. */
async function takeConnection({ database, places }: Opened, signal: AbortSignal): Promise<Taken> {
  await places.take(signal);
  await using taking = new AsyncDisposableStack();
  taking.defer(() => places.give());
  const reserved = taking.use(await database.reserve(signal));
  const taken = taking.move();
  return { reserved, [Symbol.asyncDispose]: () => taken.disposeAsync() };
}

/** A connection for one reading. A watchdog closes it if the server stops responding. */
type Held = Taken & {
  unlessSilent<T>(work: () => Promise<T>): Promise<T>;
};

async function holdConnection(opened: Opened, extraction: Extraction, signal: AbortSignal): Promise<Held> {
  const silence = new AbortController();
  const taken = await takeConnection(opened, AbortSignal.any([signal, silence.signal]));
  return {
    ...taken,
    unlessSilent: (work) => watched(opened, extraction.view, (reason) => silence.abort(reason), work),
  };
}

async function described(
  { session, explain }: ReservedSession,
  opened: Opened,
  extraction: Extraction,
  sql: string,
): Promise<PostgresColumn[]> {
  try {
    const columns = await session.describe(sql);
    if (columns.length > 0) return await postgresColumns(session, columns, opened.types);
  } catch (error) {
    // Not the other failures of `explain`: the server may also deny the query, such as one of its tables.
    const failure = explain(error);
    if (failure instanceof Failure && failure.code === 'SOURCE_UNAVAILABLE') throw failure;
    throw explained(error, opened, extraction, sql, 0);
  }
  throw notOneSelect(opened, extraction.view, 'returns no columns');
}

function textOf(extraction: Extraction): string {
  return renderedQuery(requireQuery(extraction.view, postgresSource), extraction, 'postgres');
}

function converted(batch: RowBatch, columns: readonly PostgresColumn[]): RowBatch {
  if (columns.every(({ convert }) => convert === null)) return batch;
  return {
    rows: batch.rows,
    columns: batch.columns.map((texts, index) => {
      const convert = columns[index]?.convert ?? null;
      return convert === null ? texts : texts.map((text) => (text === null ? null : convert(text)));
    }),
  };
}

/** A Failure for an error from the server; other errors and Failures are returned unchanged. */
function explained(error: unknown, opened: Opened, { view }: Extraction, sql: string, prefix: number): unknown {
  const sqlstate = codeOf(error);
  if (error instanceof Failure || !/^[0-9A-Z]{5}$/.test(sqlstate)) return error;
  if (isStatementTimeout(error, sqlstate)) return timedOut(opened, view, { sqlstate });
  // Errors of a running query may quote rows, unlike errors of its description.
  if (view.redacted && prefix > 0) return stoppedWithoutWords(opened, view, `SQLSTATE ${sqlstate}`, { sqlstate });
  const { position, hint } = error as { position?: string; hint?: string }; // of the driver's DatabaseError
  const at = position === undefined ? null : Number(position) - prefix;
  const place = at === null ? '' : placeInQuery(sql, at);
  const problem = text`${wordsOf(error)}${safe(place)}.${hint === undefined ? safe('') : ` ${hint}`}`;
  return rejected(opened, view, problem, { sqlstate, ...(at === null ? {} : { position: at }) }, error);
}

/** The same SQLSTATE is used when an administrator cancels a query. */
function isStatementTimeout(error: unknown, sqlstate: string): boolean {
  return sqlstate === '57014' && /statement timeout/i.test(messageOf(error));
}
