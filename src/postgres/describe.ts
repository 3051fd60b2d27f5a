// The result columns of a statement, described by the server through the extended protocol without running it.
//
// Parse accepts exactly one statement: `select 1; drop table x` and `commit; insert …` are syntax errors here. That is
// what makes it safe to put an accepted text, unchanged, into `COPY (…) TO STDOUT`, whose protocol takes any number of
// statements and would run them (docs/architecture/sources.md).

import type pg from 'pg';

/** A column as described by the server; domains are resolved to their base types. */
export type DescribedColumn = { readonly name: string; readonly typeOid: number; readonly typeModifier: number };

type RowDescription = { fields: readonly { name: string; dataTypeID: number; dataTypeModifier: number }[] };

/** The columns of one statement; none if it returns no rows. Rejects with the server's own error. */
export function describeStatement(client: pg.ClientBase, text: string): Promise<readonly DescribedColumn[]> {
  return new Promise((resolve, reject) => {
    let columns: readonly DescribedColumn[] = [];
    const query = {
      submit(connection: pg.Connection) {
        connection.stream.cork();
        connection.parse({ text, name: '', types: [] }, true);
        connection.describe({ type: 'S', name: '' }, true);
        connection.sync();
        connection.stream.uncork();
      },
      handleRowDescription({ fields }: RowDescription) {
        columns = fields.map(({ name, dataTypeID, dataTypeModifier }) => ({
          name,
          typeOid: dataTypeID,
          typeModifier: dataTypeModifier,
        }));
      },
      handleError: reject,
      handleReadyForQuery: () => resolve(columns),
    };
    // The driver calls submit with its connection, and the handlers with the server's messages.
    client.query(query);
  });
}
