// Reads a query through a cursor instead of COPY, for databases that speak Postgres' protocol but cannot copy a query.

import type { Session } from '../../postgres/session.ts';
import type { RowBatch } from '../../rows/batch.ts';
import type { SourceOptions } from '../source.ts';

const CURSOR = 'millrace_rows';
export const CURSOR_START = `declare ${CURSOR} no scroll cursor for `;

/**
 * The rows of a string that the server has described as one statement. The limit on the time of a statement holds for all
 * fetches together, as for one COPY.
 */
export async function* cursorRows(
  session: Session,
  text: string,
  columnCount: number,
  { batchRows, clock, statementTimeoutMs, fieldCharacters }: SourceOptions & { readonly fieldCharacters: number },
): AsyncGenerator<RowBatch> {
  const deadline = clock.monotonicMs() + statementTimeoutMs;
  await session.run(`${CURSOR_START}${text}`);
  const fetch = (rows: number) => {
    const left = Math.max(1, Math.ceil(deadline - clock.monotonicMs()));
    return `set local statement_timeout = ${left}; fetch forward ${rows} from ${CURSOR}`;
  };
  yield* session.fetchedRows(columnCount, fetch, { batchRows, fieldCharacters });
}
