// The rows of a running statement, by column: collects the driver's events into batches, with backpressure.

import type { Connection, FieldPacket, Query } from 'mysql2';
import { BATCH_CHARACTERS_MAX, type RowBatch } from '../../rows/batch.ts';
import type { MysqlColumn, MysqlValue } from './type.ts';

export type MysqlRows = {
  readonly connection: Connection;
  readonly running: Query;
  /** The columns of the rows, which may differ from the prepared ones. */
  columnsOf(fields: readonly FieldPacket[]): readonly MysqlColumn[];
  readonly batchRows: number;
  /** Aborted with the reason when the connection is lost, which the driver does not always report. */
  readonly broken: AbortSignal;
};

/**
 * The batches of a statement, 1..batchRows rows each, fewer if they are wide. The socket is paused between batches, so the
 * server waits for the consumer. Rejects with the statement's error or the reason of `broken`.
 */
export async function* mysqlBatches(rows: MysqlRows): AsyncGenerator<RowBatch> {
  const { connection, running, broken } = rows;
  const gathered = gather(rows);
  const stop = () => gathered.fail(broken.reason);
  broken.addEventListener('abort', stop, { once: true });
  if (broken.aborted) stop();
  running.on('fields', (fields: FieldPacket[] | undefined) => gathered.begin(fields ?? []));
  running.on('result', (row: MysqlValue[]) => {
    if (gathered.add(row) === 'full') {
      connection.pause();
      gathered.deliver();
    }
  });
  running.on('error', (error) => gathered.fail(error));
  running.on('end', () => gathered.end());
  try {
    for (;;) {
      const batch = await gathered.next();
      if (batch === null) return;
      yield batch;
      connection.resume();
    }
  } finally {
    broken.removeEventListener('abort', stop);
  }
}

/** Collects rows from events until the next batch is requested. */
function gather({ columnsOf, batchRows }: MysqlRows) {
  let converters: MysqlColumn['convert'][] = [];
  let texts: (string | null)[][] = [];
  let count = 0;
  let characters = 0;
  const ready: RowBatch[] = [];
  let ending: { readonly error: unknown } | 'done' | null = null;
  let wake: (() => void) | null = null;

  const notify = () => {
    wake?.();
    wake = null;
  };
  const deliver = () => {
    if (count > 0) ready.push({ rows: count, columns: texts });
    texts = converters.map(() => []);
    count = 0;
    characters = 0;
    notify();
  };
  const fail = (error: unknown) => {
    ending ??= { error };
    notify();
  };
  return {
    begin(fields: readonly FieldPacket[]): void {
      try {
        converters = columnsOf(fields).map(({ convert }) => convert);
        texts = converters.map(() => []);
      } catch (error) {
        fail(error);
      }
    },
    /** Adds a row. Returns whether the batch is full. */
    add(row: readonly MysqlValue[]): 'full' | 'not yet' {
      for (let at = 0; at < converters.length; at += 1) {
        const value = row[at] ?? null;
        const convert = converters[at] ?? null;
        const text = value === null || convert === null ? (value as string | null) : convert(value); // text, without a converter
        texts[at]?.push(text);
        characters += text?.length ?? 0;
      }
      count += 1;
      return count === batchRows || characters >= BATCH_CHARACTERS_MAX ? 'full' : 'not yet';
    },
    deliver,
    fail,
    end(): void {
      if (ending === null) deliver();
      ending ??= 'done';
      notify();
    },
    /** The next batch; null after the last one. */
    async next(): Promise<RowBatch | null> {
      for (;;) {
        if (ending !== null && ending !== 'done') throw ending.error;
        const batch = ready.shift();
        if (batch !== undefined) return batch;
        if (ending === 'done') return null;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
