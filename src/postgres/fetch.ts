// Rows of a cursor, fetched a bounded number at a time, for servers without COPY. A value is the same text as in COPY: both
// are written by the output function of its type.

import type pg from 'pg';
import { BATCH_CHARACTERS_MAX, type RowBatch } from '../rows/batch.ts';
import { pauseWire, resumeWire } from './wire.ts';

export type FetchLimits = {
  readonly batchRows: number;
  /** A longer field is cut and ends with an ellipsis. */
  readonly fieldCharacters: number;
};

/** A statement that fetches this many rows of a cursor. */
export type FetchText = (rows: number) => string;

/** Nothing is known about the width of rows yet. */
const FIRST_ROWS = 50;

/**
 * The rows of an open cursor, column-wise, 1..batchRows at a time, fewer if they are wide; reads nothing ahead of the consumer
 * but the rest of a network packet. If the consumer stops early, the connection must be closed.
 */
export async function* fetchedRows(
  client: pg.ClientBase,
  columnCount: number,
  textOf: FetchText,
  limits: FetchLimits,
): AsyncGenerator<RowBatch> {
  const batches = batchBuilder(columnCount, limits);
  for (;;) {
    const rows = batches.roomFor();
    const fetch = startFetch(client, textOf(rows), (fields) => {
      batches.add(fields);
      if (batches.isFull()) pauseWire(client);
    });
    while (!(await fetch.hasEnded(() => batches.isFull()))) {
      yield* batches.full();
      resumeWire(client);
    }
    yield* batches.full();
    resumeWire(client);
    if (fetch.rows() < rows) break;
  }
  yield* batches.rest();
}

/** Collects rows to batches. */
function batchBuilder(columnCount: number, { batchRows, fieldCharacters }: FetchLimits) {
  const full: RowBatch[] = [];
  let columns = emptyColumns(columnCount);
  let [rows, characters] = [0, 0];
  let [allRows, allCharacters] = [0, 0];
  const end = () => {
    full.push({ rows, columns });
    columns = emptyColumns(columnCount);
    [rows, characters] = [0, 0];
  };
  return {
    isFull: () => full.length > 0,
    /** How many rows probably fill the batch. */
    roomFor(): number {
      if (allRows === 0) return Math.min(batchRows, FIRST_ROWS);
      const width = Math.max(1, allCharacters / allRows);
      return Math.max(1, Math.min(batchRows - rows, Math.ceil((BATCH_CHARACTERS_MAX - characters) / width)));
    },
    add(fields: readonly (string | null)[]): void {
      let width = columnCount;
      for (const [index, column] of columns.entries()) {
        const field = fields[index] ?? null;
        const kept = field === null || field.length <= fieldCharacters ? field : `${field.slice(0, fieldCharacters)}…`;
        column.push(kept);
        width += kept?.length ?? 2;
      }
      rows += 1;
      characters += width;
      allRows += 1;
      allCharacters += width;
      if (rows === batchRows || characters >= BATCH_CHARACTERS_MAX) end();
    },
    *full(): Generator<RowBatch> {
      for (let batch = full.shift(); batch !== undefined; batch = full.shift()) yield batch;
    },
    *rest(): Generator<RowBatch> {
      if (rows > 0) end();
      yield* this.full();
    },
  };
}

function emptyColumns(count: number): (string | null)[][] {
  return Array.from({ length: count }, () => []);
}

type DataRow = { readonly fields: readonly (string | null)[] };

type Fetch = {
  /** Waits until the statement has ended, or `isEnough`. Rejects with the server's own error. */
  hasEnded(isEnough: () => boolean): Promise<boolean>;
  rows(): number;
};

function startFetch(client: pg.ClientBase, text: string, add: (fields: DataRow['fields']) => void): Fetch {
  let rows = 0;
  let ended = false;
  let wake: () => void = () => undefined;
  const done = new Promise<void>((resolve, reject) => {
    const query = {
      submit: (connection: pg.Connection) => connection.query(text),
      handleRowDescription: () => undefined,
      handleDataRow({ fields }: DataRow) {
        rows += 1;
        add(fields);
        wake();
      },
      handleCommandComplete: () => undefined,
      handleError: reject,
      handleReadyForQuery() {
        ended = true;
        resolve();
      },
    };
    // The driver calls submit with its connection, and the handlers with the server's messages.
    client.query(query);
  });
  done.catch(() => undefined); // awaited below, unless the consumer stops early
  return {
    rows: () => rows,
    async hasEnded(isEnough) {
      while (!ended && !isEnough()) {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        await Promise.race([promise, done]);
      }
      return ended;
    },
  };
}
