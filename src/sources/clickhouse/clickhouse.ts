// Rows of a ClickHouse query over HTTP: described with DESCRIBE, which does not run it, then streamed as text.

import { Failure } from '../../core/failure.ts';
import { safe, text, value } from '../../core/message.ts';
import { withoutSecrets } from '../../core/url.ts';
import type { RowBatch } from '../../rows/batch.ts';
import { createPlaces } from '../places.ts';
import { columnsChanged, notOneSelect, rejected, stoppedWithoutWords, timedOut } from '../query-failures.ts';
import { requireQuery } from '../query-text.ts';
import { watched } from '../silence.ts';
import { type Extraction, hasSameColumns, type Source, type SourceKind, type SourceOptions } from '../source.ts';
import { ClickhouseException, shortMessage } from './exception.ts';
import { connectionFailure, isTimeout, loginFailure, setupFailure } from './failure.ts';
import { NotUtf8 } from './lines.ts';
import { openResult } from './result.ts';
import { type ClickhouseOptions, type ClickhouseSession, openSession } from './session.ts';
import { type ClickhouseStatement, clickhouseStatement, describing, placeText, statementProblem } from './statement.ts';
import { type ClickhouseColumn, clickhouseColumns } from './type.ts';
import { clickhouseAddress } from './url.ts';

export const clickhouseSource: SourceKind = {
  name: 'clickhouse',
  schemes: ['clickhouse'],
  needs: 'query',
  dialect: 'clickhouse',
  open: (options) => {
    const label = `source ${options.name} (${withoutSecrets(options.url)})`;
    const { connectTimeoutMs, statementTimeoutMs, clock, renewed } = options;
    const current =
      renewed === undefined ? {} : { renewed: async () => clickhouseAddress((await renewed()).url, label) };
    const client: ClickhouseOptions = {
      ...current,
      address: clickhouseAddress(options.url, label),
      label,
      applicationName: `millrace source ${options.name}`,
      connectTimeoutMs,
      statementTimeoutMs,
      clock,
    };
    return openedSource({ client, label, options, places: createPlaces(options.poolMax) });
  },
};

type Opened = {
  readonly client: ClickhouseOptions;
  readonly label: string;
  readonly options: SourceOptions;
  readonly places: ReturnType<typeof createPlaces>;
};

/** A session for one reading. A watchdog closes it if the server stops responding. */
type Reading = AsyncDisposable & {
  readonly session: ClickhouseSession;
  unlessSilent<T>(work: () => Promise<T>): Promise<T>;
  /** The error to throw: the reason of the signal, a Failure, or the error itself. */
  explain(error: unknown): unknown;
};

function openedSource(opened: Opened): Source {
  return {
    async probe(signal) {
      await using _session = await beginSession(opened, signal);
    },
    async describe(extraction, signal) {
      const statement = statementOf(opened, extraction);
      await using reading = await beginReading(opened, extraction, signal);
      const columns = await described(reading, opened, extraction, statement);
      return columns.map(({ name, type, nativeType }) => ({ name, type, nativeType }));
    },
    read: (extraction, signal) => readRows(opened, extraction, signal),
    async [Symbol.asyncDispose]() {},
  };
}

async function* readRows(opened: Opened, extraction: Extraction, signal: AbortSignal): AsyncGenerator<RowBatch> {
  const statement = statementOf(opened, extraction);
  await using reading = await beginReading(opened, extraction, signal);
  const { session, unlessSilent } = reading;
  await described(reading, opened, extraction, statement);
  const names: string[] = [];
  try {
    const result = await unlessSilent(async () => openResult(await session.run(statement)));
    names.push(...result.names);
    const columns = clickhouseColumns(result.names, result.types, extraction.view);
    if (!hasSameColumns(extraction, columns)) throw columnsChanged(opened, extraction.view);
    const batches = result.batches(columns, opened.options.batchRows);
    for (;;) {
      const next = await unlessSilent(() => batches.next());
      if (next.done) break;
      yield next.value;
    }
  } catch (error) {
    if (error instanceof NotUtf8 && !signal.aborted) throw notUtf8(opened, extraction, names, error);
    const sent = { statement, sent: statement, stage: 'rows' } as const;
    throw explained(reading.explain(error), opened, extraction, sent);
  }
}

async function beginReading(opened: Opened, { view }: Extraction, signal: AbortSignal): Promise<Reading> {
  const silence = new AbortController();
  const any = AbortSignal.any([signal, silence.signal]);
  const begun = await beginSession(opened, any);
  return {
    ...begun,
    unlessSilent: (work) => watched(opened, view, (reason) => silence.abort(reason), work),
    explain: (error) => (any.aborted ? any.reason : (connectionFailure(error, opened.label) ?? error)),
  };
}

/** A session that the server has accepted, once the pool has a place for it. */
async function beginSession({ label, client, places }: Opened, signal: AbortSignal) {
  await using held = new AsyncDisposableStack();
  await places.take(signal);
  held.defer(() => places.give());
  const session = held.use(await openSession(client, signal));
  try {
    await session.check();
  } catch (error) {
    signal.throwIfAborted();
    throw (client.renewed === undefined ? null : loginFailure(error, label)) ?? setupFailure(error, label) ?? error;
  }
  const kept = held.move();
  return { session, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

async function described(
  { session, unlessSilent, explain }: Reading,
  opened: Opened,
  extraction: Extraction,
  statement: ClickhouseStatement,
): Promise<readonly ClickhouseColumn[]> {
  const sent = describing(statement);
  const [names, types]: [string[], string[]] = [[], []];
  try {
    const result = await unlessSilent(async () => openResult(await session.run(sent)));
    const columns = clickhouseColumns(result.names, result.types, { ...extraction.view, features: [] });
    for await (const batch of result.batches(columns, opened.options.batchRows)) {
      names.push(...(batch.columns[0] ?? []).map(String));
      types.push(...(batch.columns[1] ?? []).map(String));
    }
  } catch (error) {
    throw explained(explain(error), opened, extraction, { statement, sent, stage: 'describe' });
  }
  const columns = clickhouseColumns(names, types, extraction.view);
  if (hasSameColumns(extraction, columns)) return columns;
  throw columnsChanged(opened, extraction.view);
}

function statementOf(opened: Opened, extraction: Extraction): ClickhouseStatement {
  const statement = clickhouseStatement(requireQuery(extraction.view, clickhouseSource), extraction);
  const problem = statementProblem(statement.text);
  if (problem !== null) throw notOneSelect(opened, extraction.view, `cannot be run: ${problem}`);
  return statement;
}

/** Errors of a running query may quote rows, unlike errors of its description. */
type Sent = {
  readonly statement: ClickhouseStatement;
  readonly sent: ClickhouseStatement;
  readonly stage: 'describe' | 'rows';
};

/** A Failure for an error from the server; other errors and Failures are returned unchanged. */
function explained(error: unknown, opened: Opened, { view }: Extraction, { statement, sent, stage }: Sent): unknown {
  const timeout = timeoutOf(error);
  if (timeout !== null) return timedOut(opened, view, { code: timeout.code, type: timeout.type });
  if (!(error instanceof ClickhouseException)) return error;
  const { code, type } = error;
  const isHidden = view.redacted && stage === 'rows';
  if (isHidden) return stoppedWithoutWords(opened, view, `error ${code} ${type}`, { code, type });
  const problem = text`${value(shortMessage(error))}${safe(placeText(error, statement, sent))}.`;
  return rejected(opened, view, problem, { code, type }, error);
}

function timeoutOf(error: unknown): ClickhouseException | null {
  const exception = error instanceof Failure ? error.cause : error;
  return exception instanceof ClickhouseException && isTimeout(exception) ? exception : null;
}

function notUtf8({ label }: Opened, { view }: Extraction, names: readonly string[], { before }: NotUtf8): Failure {
  const column = JSON.stringify(names[before.split('\t').length - 1] ?? '');
  const what = text`View ${safe(view.name)}: column ${safe(column)} of its query on ${safe(label)} contains bytes that are not UTF-8; expected text. Use hex(), base64Encode() or toValidUTF8() in the query.`;
  return new Failure('SOURCE_SHAPE', what, { view: view.name });
}
