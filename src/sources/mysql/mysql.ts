// Rows of a MySQL or MariaDB query: prepared, which describes it without running it, then executed and streamed.

import { messageOf } from '../../core/failure.ts';
import { safe, text } from '../../core/message.ts';
import { withoutSecrets } from '../../core/url.ts';
import type { RowBatch } from '../../rows/batch.ts';
import { columnsChanged, notOneSelect, rejected, stoppedWithoutWords, timedOut } from '../query-failures.ts';
import { placeInQuery, requireQuery } from '../query-text.ts';
import { watched } from '../silence.ts';
import { type Extraction, hasSameColumns, type Source, type SourceKind, type SourceOptions } from '../source.ts';
import { isServerError, isTimeout } from './failure.ts';
import { type MysqlPool, openMysqlPool, type ReservedMysql } from './pool.ts';
import { mysqlBatches } from './rows.ts';
import type { PreparedStatement } from './session.ts';
import { type MysqlStatement, mysqlStatement, positionOf, statementProblem } from './statement.ts';
import { type MysqlColumn, mysqlColumns } from './type.ts';
import { mysqlAddress } from './url.ts';

export const mysqlSource: SourceKind = {
  name: 'mysql',
  schemes: ['mysql', 'mariadb'],
  needs: 'query',
  dialect: 'mysql',
  open: (options) => {
    const label = `source ${options.name} (${withoutSecrets(options.url)})`;
    const { connectTimeoutMs, statementTimeoutMs, clock } = options;
    const address = mysqlAddress(options.url, label);
    const applicationName = `millrace source ${options.name}`;
    const { renewed: renewedOptions } = options;
    const renewed =
      renewedOptions === undefined ? {} : { renewed: async () => mysqlAddress((await renewedOptions()).url, label) };
    const pool = openMysqlPool(
      { ...renewed, address, label, applicationName, connectTimeoutMs, statementTimeoutMs, clock },
      options.poolMax,
    );
    return openedSource({ pool, label, options });
  },
};

type Opened = { readonly pool: MysqlPool; readonly label: string; readonly options: SourceOptions };

/** A connection for one reading. A watchdog closes it if the server stops responding. */
type Reading = AsyncDisposable & {
  readonly reserved: ReservedMysql;
  unlessSilent<T>(work: () => Promise<T>): Promise<T>;
};

function openedSource(opened: Opened): Source {
  return {
    async probe(signal) {
      await using reserved = await opened.pool.reserve(signal);
      try {
        await reserved.session.query('select 1');
      } catch (error) {
        throw reserved.explain(error);
      }
    },
    async describe(extraction, signal) {
      const { text } = statementOf(opened, extraction);
      await using reading = await beginReading(opened, extraction, signal);
      reading.reserved.state = 'open';
      try {
        const { prepared, columns } = await described(reading, opened, extraction, text);
        prepared.close();
        reading.reserved.state = 'clean';
        return columns.map(({ name, type, nativeType }) => ({ name, type, nativeType }));
      } catch (error) {
        throw explained(reading.reserved.explain(error), opened, extraction, text, 'describe');
      }
    },
    read: (extraction, signal) => readRows(opened, extraction, signal),
    [Symbol.asyncDispose]: () => opened.pool[Symbol.asyncDispose](),
  };
}

async function* readRows(opened: Opened, extraction: Extraction, signal: AbortSignal): AsyncGenerator<RowBatch> {
  const { text, values } = statementOf(opened, extraction);
  await using reading = await beginReading(opened, extraction, signal);
  const { reserved, unlessSilent } = reading;
  const { session } = reserved;
  let stage: Stage = 'describe';
  try {
    reserved.state = 'open';
    await unlessSilent(() => session.query('start transaction with consistent snapshot, read only'));
    const { prepared, columns } = await described(reading, opened, extraction, text);
    if (!hasSameColumns(extraction, columns)) throw columnsChanged(opened, extraction.view);
    stage = 'rows';
    reserved.state = 'running';
    const batches = mysqlBatches({
      connection: session.connection,
      running: prepared.execute(values),
      columnsOf: (fields) => requireSame(mysqlColumns(fields, extraction.view), columns, opened, extraction),
      batchRows: opened.options.batchRows,
      broken: session.broken,
    });
    for (;;) {
      const next = await unlessSilent(() => batches.next());
      if (next.done) break;
      yield next.value;
    }
    prepared.close();
    await unlessSilent(() => session.query('commit'));
    reserved.state = 'clean';
  } catch (error) {
    // The statement has ended.
    if (isServerError(error)) reserved.state = 'open';
    throw explained(reserved.explain(error), opened, extraction, text, stage);
  }
}

async function beginReading(opened: Opened, extraction: Extraction, signal: AbortSignal): Promise<Reading> {
  const silence = new AbortController();
  const reserved = await opened.pool.reserve(AbortSignal.any([signal, silence.signal]));
  const close = (reason: unknown) => {
    reserved.state = 'open'; // a server that does not respond is not asked to stop
    silence.abort(reason);
  };
  return {
    reserved,
    unlessSilent: (work) => watched(opened, extraction.view, close, work),
    [Symbol.asyncDispose]: () => reserved[Symbol.asyncDispose](),
  };
}

type Described = { readonly prepared: PreparedStatement; readonly columns: readonly MysqlColumn[] };

async function described(reading: Reading, opened: Opened, extraction: Extraction, sql: string): Promise<Described> {
  const prepared = await reading.unlessSilent(() => reading.reserved.session.prepare(sql));
  const columns = mysqlColumns(prepared.columns, extraction.view);
  const { values } = statementOf(opened, extraction);
  if (columns.length === 0) throw notOneSelect(opened, extraction.view, 'cannot be run: it returns no columns');
  if (prepared.parameterCount === values.length) return { prepared, columns };
  const why = 'it has a question mark outside quotes, which MySQL reads as a parameter';
  throw notOneSelect(opened, extraction.view, `cannot be run: ${why}`);
}

function statementOf(opened: Opened, extraction: Extraction): MysqlStatement {
  const statement = mysqlStatement(requireQuery(extraction.view, mysqlSource), extraction);
  const problem = statementProblem(statement.text);
  if (problem !== null) throw notOneSelect(opened, extraction.view, `cannot be run: ${problem}`);
  return statement;
}

function requireSame(
  found: readonly MysqlColumn[],
  described: readonly MysqlColumn[],
  opened: Opened,
  extraction: Extraction,
): readonly MysqlColumn[] {
  if (hasSameColumns({ ...extraction, columns: described }, found)) return found;
  throw columnsChanged(opened, extraction.view);
}

/** Whether the server described the query or ran it. Errors of a running query may quote rows. */
type Stage = 'describe' | 'rows';

/** A Failure for an error from the server; other errors and Failures are returned unchanged. */
function explained(error: unknown, opened: Opened, { view }: Extraction, sql: string, stage: Stage): unknown {
  if (!isServerError(error)) return error;
  const facts = { sqlstate: error.sqlState, errno: error.errno };
  if (isTimeout(error)) return timedOut(opened, view, facts, error);
  if (view.redacted && stage === 'rows') return stoppedWithoutWords(opened, view, `error ${error.errno}`, facts);
  const words = messageOf(error);
  const position = positionOf(sql, words);
  const place = position === null ? '' : placeInQuery(sql, position);
  return rejected(
    opened,
    view,
    text`${words}${safe(place)}.`,
    position === null ? facts : { ...facts, position },
    error,
  );
}
